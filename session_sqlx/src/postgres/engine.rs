use session::store::StoreErrorKind;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Error, Postgres};

use crate::driver::Driver;
use crate::engine::{Commits, Engine, FEWER_CONNECTIONS, Fault};
use crate::opener::Opens;
use crate::source::Source;

/// Has the server look once a second whether the client of a statement is still there. By default
/// it does not, and a statement that waits for a lock stays after its client has given it up. The
/// setting exists since Postgres 14, and not on each operating system.
const NOTICE_HANG_UPS: &str = "SELECT set_config(name, '1000', false) FROM pg_settings \
                               WHERE name = 'client_connection_check_interval' AND setting = '0'";

impl Opens for Postgres {
    /// Through a pooler, the setting would stay on connections that others use. Only a URL without
    /// prepared statements shows that there is one; elsewhere it does no harm.
    async fn prepare(
        connection: &mut PgConnection,
        options: &PgConnectOptions,
    ) -> Result<(), Error> {
        if keeps_no_statements(options) {
            return Ok(());
        }
        match Self::run(connection, NOTICE_HANG_UPS).await {
            // The server has no such setting, or refuses to change it.
            Err(Error::Database(error)) if Self::fault(&*error) != Fault::Transient => Ok(()),
            outcome => outcome,
        }
    }
}

impl Engine for Postgres {
    fn fault(error: &dyn DatabaseError) -> Fault {
        let code = error.code().unwrap_or_default();
        match &*code {
            // Serialisation failure, deadlock; the connection was ended by an administrator, by
            // the end of the server or because it was idle
            "40001" | "40P01" | "57P01" | "57P05" => Fault::Transient,
            // A standby, or a server that is being replaced
            "25006" => Fault::ReadOnly,
            code => Fault::Lasting(kind(code)),
        }
    }

    fn advice(error: &dyn DatabaseError) -> Option<&'static str> {
        advice(&error.code().unwrap_or_default())
    }

    /// A pool whose connections keep no prepared statements is one that goes through a pooler: each
    /// transaction may be on another connection of the server. `sqlx` prepares a statement and runs
    /// it in two steps, which have to be in one transaction then.
    async fn commits(source: &Source<Postgres>) -> Result<Commits, Error> {
        match keeps_no_statements(&source.connect_options()) {
            true => Ok(Commits::OnRequest),
            false => Ok(Commits::ByItself),
        }
    }

    fn keeps_statements(commits: Commits) -> bool {
        commits == Commits::ByItself
    }
}

/// Returns `true` if the capacity for prepared statements is 0, which only the URL of the options
/// shows.
fn keeps_no_statements(options: &PgConnectOptions) -> bool {
    // `to_url_lossy` panics for the folder of a socket as the host, and for an IPv6 address.
    let options = options.clone().host("localhost").username("any");
    let no_statements = ("statement-cache-capacity".into(), "0".into());
    let url = options.to_url_lossy();
    url.query_pairs().any(|option| option == no_statements)
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

/// `code` is an `SQLSTATE`.
fn advice(code: &str) -> Option<&'static str> {
    match code {
        "28P01" => Some("Check the user and the password in the URL"),
        "28000" => Some(
            "Check the user in the URL, and let the user connect from this host by an entry in \
             `pg_hba.conf`. If the entry demands encryption, add the feature `tls` of \
             `session_sqlx`, and remove `sslmode=disable` from the URL",
        ),
        "3D000" => Some("Create the database, or change its name in the URL"),
        "53300" => Some(FEWER_CONNECTIONS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacity_for_statements_is_read_whatever_the_host_and_the_user_are() {
        for host in ["localhost", "/var/run/postgresql", "::1", "a b", ""] {
            for user in ["app", "a@b:c/d?e", ""] {
                let options = PgConnectOptions::new().host(host).username(user);
                let options = options.password("p@/?#").database("a b/c");
                assert!(!keeps_no_statements(&options), "{host}");
                let pooled = options.clone().statement_cache_capacity(0);
                assert!(keeps_no_statements(&pooled), "{host}");
                let pooled = pooled.socket("/tmp/a b");
                assert!(keeps_no_statements(&pooled), "{host}");
                assert!(!keeps_no_statements(&options.socket("/tmp")), "{host}");
            }
        }
    }
}
