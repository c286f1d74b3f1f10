use sqlx::{Error, Pool};

use crate::codec::Value;
use crate::engine::Engine;
use crate::lease::Lease;

/// The connections of a store. Each method runs one statement on one of them.
pub(crate) struct Connections<DB: Engine> {
    pool: Pool<DB>,
}

impl<DB: Engine> Connections<DB> {
    pub(crate) fn new(pool: Pool<DB>) -> Self {
        Self { pool }
    }

    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    pub(crate) async fn execute(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<DB::QueryResult, Error> {
        let mut lease = Lease::of(&self.pool).await?;
        let done = DB::execute(lease.connection(), statement, values).await;
        lease.end(done)
    }

    pub(crate) async fn fetch(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Option<DB::Row>, Error> {
        let mut lease = Lease::of(&self.pool).await?;
        let row = DB::fetch(lease.connection(), statement, values).await;
        lease.end(row)
    }

    pub(crate) async fn fetch_all(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, Error> {
        let mut lease = Lease::of(&self.pool).await?;
        let rows = DB::fetch_all(lease.connection(), statement, values).await;
        lease.end(rows)
    }
}
