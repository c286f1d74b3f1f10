use session::store::StoreErrorKind;
use sqlx::Sqlite;
use sqlx::error::DatabaseError;

use crate::engine::{Commits, Engine, Fault};
use crate::opener::Opens;

impl Opens for Sqlite {}

impl Engine for Sqlite {
    // A transaction that is dropped closes its connection, and with it a database in memory.
    const TOGETHER: Commits = Commits::ByItself;

    fn fault(error: &dyn DatabaseError) -> Fault {
        let code = error.code().and_then(|code| code.parse().ok());
        match code.unwrap_or(0) {
            // A snapshot that is out of date, or a cache shared with another connection: SQLite
            // does not wait for these.
            517 | 262 => Fault::Transient,
            code => Fault::Lasting(kind(code & 0xff)),
        }
    }
}

/// `code` is a primary result code of SQLite.
fn kind(code: i32) -> StoreErrorKind {
    match code {
        // BUSY (the busy timeout is over), LOCKED, NOMEM, READONLY, IOERR, CANTOPEN
        5 | 6 | 7 | 8 | 10 | 14 => StoreErrorKind::Unavailable,
        // FULL
        13 => StoreErrorKind::Full,
        _ => StoreErrorKind::Other,
    }
}
