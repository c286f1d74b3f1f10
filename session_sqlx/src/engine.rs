use session::store::StoreErrorKind;
use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::driver::Driver;
use crate::opener::Opens;
use crate::source::Source;

/// The step for a server that accepts no more connections.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(crate) const FEWER_CONNECTIONS: &str = "Raise the limit of the server or of the user, run fewer worker threads, each of which may have \
     two connections, or lower `session_sqlx.max_connections`";

/// The differences between the databases that do not concern their SQL.
pub(crate) trait Engine: Driver + Opens {
    const BEGIN: &'static str = "BEGIN";
    const COMMIT: &'static str = "COMMIT";
    const ROLLBACK: &'static str = "ROLLBACK";

    /// The way in which several statements run on one connection of a pool.
    const TOGETHER: Commits = Commits::OnRequest;

    fn fault(error: &dyn DatabaseError) -> Fault;

    /// Returns the step that removes the reason for which a server refuses a connection.
    fn advice(_error: &dyn DatabaseError) -> Option<&'static str> {
        None
    }

    /// Finds out how connections run statements.
    fn commits(_source: &Source<Self>) -> impl Future<Output = Result<Commits, Error>> + Send {
        async { Ok(Commits::ByItself) }
    }

    /// Returns `true` if a connection keeps prepared statements.
    fn keeps_statements(_commits: Commits) -> bool {
        true
    }
}

/// The way in which a statement is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commits {
    /// The server commits each statement.
    ByItself,
    /// The server waits for a `COMMIT`.
    OnRequest,
}

/// The meaning of an error that a database reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The database rolled the statement back because of others that ran at the same time, or
    /// refused it because it closes the connection. The statement had no effect and may be run
    /// again.
    Transient,
    /// The connection is closed, and the statement may have had an effect.
    Lost,
    /// The connection leads to a server that is of no use now: it refuses statements, or at least
    /// those that write. The statement had no effect.
    Useless,
    Lasting(StoreErrorKind),
}
