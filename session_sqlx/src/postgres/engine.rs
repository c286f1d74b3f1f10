use session::store::StoreErrorKind;
use sqlx::error::DatabaseError;
use sqlx::{ConnectOptions, Error, PgPool, Postgres};

use crate::engine::{Commits, Engine, Fault};

impl Engine for Postgres {
    fn fault(error: &dyn DatabaseError) -> Fault {
        let code = error.code().unwrap_or_default();
        match &*code {
            // Serialisation failure, deadlock
            "40001" | "40P01" => Fault::Transient,
            // A standby, or a server that is being replaced
            "25006" => Fault::ReadOnly,
            code => Fault::Lasting(kind(code)),
        }
    }

    /// A pool whose connections keep no prepared statements is one that goes through a pooler: each
    /// transaction may be on another connection of the server. `sqlx` prepares a statement and runs
    /// it in two steps, which have to be in one transaction then.
    async fn commits(pool: &PgPool) -> Result<Commits, Error> {
        let url = pool.connect_options().to_url_lossy();
        let no_statements = ("statement-cache-capacity".into(), "0".into());
        match url.query_pairs().any(|option| option == no_statements) {
            true => Ok(Commits::OnRequest),
            false => Ok(Commits::ByItself),
        }
    }

    fn keeps_statements(commits: Commits) -> bool {
        commits == Commits::ByItself
    }
}

/// `code` is an `SQLSTATE`.
fn kind(code: &str) -> StoreErrorKind {
    match code {
        // A time limit of the server: `statement_timeout`, `lock_timeout`
        "57014" | "55P03" => StoreErrorKind::Timeout,
        // Disk full
        "53100" => StoreErrorKind::Full,
        // Connection lost or refused, no resources, shutting down, not authorised
        _ if ["08", "28", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            StoreErrorKind::Unavailable
        }
        _ => StoreErrorKind::Other,
    }
}
