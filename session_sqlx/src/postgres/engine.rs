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
            Err(Error::Database(error)) if matches!(Self::fault(&*error), Fault::Lasting(_)) => {
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn is_refusal(error: &dyn DatabaseError) -> bool {
        error.is_transient_in_connect_phase() || is_limit_of_pgbouncer(error)
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
            "25006" => Fault::Useless,
            // Another attempt would wait for a connection again.
            _ if is_limit_of_pgbouncer(error) => Fault::Lasting(StoreErrorKind::Unavailable),
            "08P01" => protocol_fault(error.message()),
            // The end of a connection
            code if code.starts_with("08") => Fault::Lost,
            code => Fault::Lasting(kind(code)),
        }
    }

    fn advice(error: &dyn DatabaseError) -> Option<&'static str> {
        match is_limit_of_pgbouncer(error) {
            true => Some(FEWER_CONNECTIONS),
            false => advice(&error.code().unwrap_or_default()),
        }
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

/// Returns `true` if PgBouncer has as many clients as it may have: in all, or of one user or
/// database. It has one code for whatever it reports itself.
fn is_limit_of_pgbouncer(error: &dyn DatabaseError) -> bool {
    let messages = ["no more connections allowed", "client connections exceeded"];
    let is_message = |it| error.message().starts_with(it);
    error.code().is_some_and(|code| code == "08P01") && messages.into_iter().any(is_message)
}

/// Returns the meaning of an error with the code that PgBouncer has for whatever it reports itself.
/// Postgres has it for messages that make no sense, and those would not make more another time.
fn protocol_fault(message: &str) -> Fault {
    match message {
        "server conn crashed?" => Fault::Lost,
        "query_timeout" | "query timeout" | "query_wait_timeout" => {
            Fault::Lasting(StoreErrorKind::Timeout)
        }
        _ => Fault::Lasting(StoreErrorKind::Other),
    }
}

/// `code` is an `SQLSTATE`.
fn kind(code: &str) -> StoreErrorKind {
    match code {
        // A time limit of the server: `statement_timeout`, `lock_timeout`
        "57014" | "55P03" => StoreErrorKind::Timeout,
        // Disk full
        "53100" => StoreErrorKind::Full,
        // Not authorised, no resources, shutting down
        _ if ["28", "53", "57", "58"]
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
    use std::borrow::Cow;

    use sqlx::error::ErrorKind;

    use super::*;
    use crate::errors::store_error;

    /// An error as a server reports it.
    #[derive(Debug, thiserror::Error)]
    #[error("{code} {message}")]
    struct Reported {
        code: &'static str,
        message: &'static str,
    }

    impl DatabaseError for Reported {
        fn message(&self) -> &str {
            self.message
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.code.into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn reported(code: &'static str, message: &'static str) -> Reported {
        Reported { code, message }
    }

    #[test]
    fn the_end_of_a_connection_may_have_followed_an_effect() {
        for (code, message) in [
            ("08P01", "server conn crashed?"),
            ("08006", "connection failure"),
        ] {
            let error = reported(code, message);
            assert_eq!(Postgres::fault(&error), Fault::Lost, "{message}");
            assert!(!Postgres::is_refusal(&error), "{message}");
        }
    }

    #[test]
    fn an_error_of_the_protocol_comes_again() {
        let (timeout, other) = (StoreErrorKind::Timeout, StoreErrorKind::Other);
        for (message, kind) in [
            ("query_timeout", timeout),
            ("query_wait_timeout", timeout),
            (
                "transaction blocks not allowed in statement pooling mode",
                other,
            ),
            (
                "bind message supplies 1 parameters, but prepared statement \"s\" requires 19",
                other,
            ),
        ] {
            let error = reported("08P01", message);
            assert_eq!(Postgres::fault(&error), Fault::Lasting(kind), "{message}");
        }
    }

    #[test]
    fn the_advice_about_a_pooler_comes_with_each_error_of_a_lost_statement() {
        for (code, message) in [
            ("26000", "prepared statement \"s\" does not exist"),
            ("42P05", "prepared statement \"s\" already exists"),
            (
                "08P01",
                "bind message supplies 1 parameters, but prepared statement \"s\" requires 19",
            ),
        ] {
            let error = Error::Database(Box::new(reported(code, message)));
            let printed = format!("{:?}", store_error::<Postgres>(error));
            assert!(printed.contains("statement-cache-capacity=0"), "{printed}");
        }
    }

    #[test]
    fn pgbouncer_with_all_the_clients_that_it_may_have_refuses_connections_for_a_while() {
        let unavailable = Fault::Lasting(StoreErrorKind::Unavailable);
        for message in [
            "no more connections allowed (max_client_conn)",
            "client connections exceeded (max_db_client_connections)",
            "client connections exceeded (max_user_client_connections)",
        ] {
            let error = reported("08P01", message);
            assert!(Postgres::is_refusal(&error), "{message}");
            assert_eq!(Postgres::fault(&error), unavailable, "{message}");
            assert_eq!(Postgres::advice(&error), Some(FEWER_CONNECTIONS));
        }
    }

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
