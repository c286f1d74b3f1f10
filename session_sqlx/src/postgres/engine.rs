use session::store::StoreErrorKind;
use sqlx::Postgres;
use sqlx::error::DatabaseError;

use crate::engine::{Engine, Fault};

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
