use sqlx::Error;
use tokio::sync::OnceCell;

use crate::codec::Value;
use crate::engine::{Commits, Engine};
use crate::lease::Lease;
use crate::source::Source;

/// The connections of a store. Each method runs one statement on one of them.
pub(crate) struct Connections<DB: Engine> {
    source: Source<DB>,
    /// Known from the first statement on.
    commits: OnceCell<Commits>,
}

impl<DB: Engine> Connections<DB> {
    pub(crate) fn new(source: Source<DB>) -> Self {
        Self {
            source,
            commits: OnceCell::new(),
        }
    }

    pub(crate) fn source(&self) -> &Source<DB> {
        &self.source
    }

    /// Takes a connection for several statements, which a pooler must not separate.
    pub(crate) async fn begin(&self) -> Result<Lease<DB>, Error> {
        Lease::of(&self.source, DB::TOGETHER).await
    }

    /// Takes a connection for statements that begin and end transactions themselves.
    pub(crate) async fn alone(&self) -> Result<Lease<DB>, Error> {
        Lease::of(&self.source, Commits::ByItself).await
    }

    /// Takes a connection for one statement.
    async fn lease(&self) -> Result<Lease<DB>, Error> {
        let find_out = || DB::commits(&self.source);
        let commits = self.commits.get_or_try_init(find_out).await?;
        Lease::of(&self.source, *commits).await
    }

    pub(crate) async fn execute(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<DB::QueryResult, Error> {
        let mut lease = self.lease().await?;
        let statement = lease.statement(statement);
        let done = DB::execute(lease.connection(), statement, values).await;
        lease.end(done).await
    }

    pub(crate) async fn fetch(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Option<DB::Row>, Error> {
        let mut lease = self.lease().await?;
        let statement = lease.statement(statement);
        let row = DB::fetch(lease.connection(), statement, values).await;
        lease.end(row).await
    }

    pub(crate) async fn fetch_all(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, Error> {
        let mut lease = self.lease().await?;
        let statement = lease.statement(statement);
        let rows = DB::fetch_all(lease.connection(), statement, values).await;
        lease.end(rows).await
    }
}
