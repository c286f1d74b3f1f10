use session::store::StoreErrorKind;
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};
use sqlx::{Error, MySql, MySqlConnection};

use crate::driver::Driver;
use crate::engine::{Commits, Engine, FEWER_CONNECTIONS, Fault};
use crate::lease::Lease;
use crate::opener::Opens;
use crate::source::Source;

/// Makes a node of a Galera cluster wait, before each statement, until it has all earlier changes.
/// By default, it may read a session that has ended on another node.
const WAIT_FOR_OTHER_NODES: &str = "SET wsrep_sync_wait = 7";

impl Opens for MySql {
    /// The settings of the server may change while the pool is in use.
    async fn prepare(
        connection: &mut MySqlConnection,
        _options: &MySqlConnectOptions,
    ) -> Result<(), Error> {
        Self::run(connection, "SET autocommit = 1").await?;
        match Self::run(connection, WAIT_FOR_OTHER_NODES).await {
            // The server cannot be a node of a cluster.
            Err(Error::Database(error)) if matches!(Self::fault(&*error), Fault::Lasting(_)) => {
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn is_refusal(error: &dyn DatabaseError) -> bool {
        // Too many connections: of all users, or of this one
        matches!(number(error), 1040 | 1203 | 1226)
    }
}

impl Engine for MySql {
    // With `sql_mode = ORACLE`, `BEGIN` begins a block.
    const BEGIN: &'static str = "START TRANSACTION";
    // With `completion_type = CHAIN`, the end of a transaction would begin another one.
    const COMMIT: &'static str = "COMMIT AND NO CHAIN NO RELEASE";
    const ROLLBACK: &'static str = "ROLLBACK AND NO CHAIN NO RELEASE";

    fn fault(error: &dyn DatabaseError) -> Fault {
        match number(error) {
            // Deadlock; on MariaDB also a record that changed since the statement's snapshot
            1213 | 1020 => Fault::Transient,
            // The end of the server, of its connection by `KILL`, or of one that was idle
            1053 | 1927 | 4031 => Fault::Lost,
            // The server is read-only, or the transaction is; or a node of a Galera cluster is not
            // one of the majority
            1290 | 1792 | 1836 | 1047 => Fault::Useless,
            number => Fault::Lasting(kind(number)),
        }
    }

    fn advice(error: &dyn DatabaseError) -> Option<&'static str> {
        advice(number(error))
    }

    /// A server may have `autocommit` off by default, and so may a pool of the application. Our own
    /// connections have it on. To ask one of them would have the first operations of all workers
    /// wait for the worker that asks.
    async fn commits(source: &Source<MySql>) -> Result<Commits, Error> {
        if matches!(source, Source::Store(_)) {
            return Ok(Commits::ByItself);
        }
        let mut lease = Lease::of(source, Commits::ByItself).await?;
        let autocommit = Self::fetch_number(lease.connection(), "SELECT @@autocommit").await;
        match lease.end(autocommit).await? {
            0 => Ok(Commits::OnRequest),
            _ => Ok(Commits::ByItself),
        }
    }
}

fn number(error: &dyn DatabaseError) -> u16 {
    let error = error.try_downcast_ref::<MySqlDatabaseError>();
    error.map_or(0, MySqlDatabaseError::number)
}

fn kind(number: u16) -> StoreErrorKind {
    match number {
        // A time limit of the server: for a lock, or for a statement (MariaDB, MySQL)
        1205 | 1969 | 3024 => StoreErrorKind::Timeout,
        // Disk or table space full
        1021 | 1114 => StoreErrorKind::Full,
        // Too many connections, not authorised, statement killed, offline
        1040 | 1044 | 1045 | 1129 | 1130 | 1203 | 1226 | 1317 | 1698 | 3032 => {
            StoreErrorKind::Unavailable
        }
        _ => StoreErrorKind::Other,
    }
}

fn advice(number: u16) -> Option<&'static str> {
    match number {
        1045 | 1698 => Some(
            "Check the user and the password in the URL, and the host that the account is for. \
             Through a Unix socket, MySQL refuses the password as `sqlx` sends it: connect to \
             `127.0.0.1`. A server may also demand encryption: add the feature `tls` of \
             `session_sqlx`",
        ),
        1130 => Some("Create an account for the host that this program runs on"),
        1044 => Some("Grant the user rights on the database"),
        1049 => Some("Create the database, or change its name in the URL"),
        1040 | 1203 | 1226 => Some(FEWER_CONNECTIONS),
        3159 => Some(
            "Add the feature `tls` of `session_sqlx`, and remove `ssl-mode=DISABLED` from the URL",
        ),
        _ => None,
    }
}
