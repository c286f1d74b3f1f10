//! A server with unusual settings: it encrypts each connection from the network, has another
//! encoding, sorts as Turkish does, and shows values in other forms.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use session_conformance::Fixture;
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use session_test_support::Authority;
use sqlx::{Connection, PgConnection};
use test_servers::{Database, Server, Setup};
use tokio::sync::OnceCell;

use super::server;
use crate::facts;
use crate::support::{printed, unique_table};

const SETTINGS: [&str; 8] = [
    "TimeZone=Asia/Kathmandu",
    "DateStyle=SQL, DMY",
    "IntervalStyle=sql_standard",
    "bytea_output=escape",
    "extra_float_digits=-15",
    "standard_conforming_strings=off",
    "default_transaction_isolation=repeatable read",
    "client_encoding=LATIN1",
];

const DATABASE: &str = "\
    CREATE DATABASE unusual TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' \
    LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'";

struct Unusual {
    authority: Authority,
    server: Server,
}

impl Unusual {
    async fn start() -> Self {
        let setup = Setup::of(Database::Postgres).without_durability();
        let setup = SETTINGS.iter().fold(setup, |setup, it| setup.with(*it));
        let start = tokio::task::spawn_blocking(move || setup.start());
        let unusual = Self {
            server: start.await.unwrap().unwrap(),
            authority: Authority::new(),
        };
        let mut connection = PgConnection::connect(&unusual.server.url()).await.unwrap();
        let encrypt = unusual.encryption();
        for statement in [DATABASE].into_iter().chain(encrypt.iter().map(|it| &**it)) {
            let done = sqlx::raw_sql(statement).execute(&mut connection).await;
            done.unwrap();
        }
        unusual
    }

    /// Returns the statements after which the server only accepts encrypted connections, and those
    /// through its socket.
    fn encryption(&self) -> Vec<String> {
        let rules = "hostssl all all 127.0.0.1/32 scram-sha-256\nlocal all all scram-sha-256\n";
        fs::write(self.server.folder().join("data/pg_hba.conf"), rules).unwrap();
        let set = |name: &str, file: &str| {
            let path = self.server.folder().join(file);
            fs::copy(self.authority.path(file), &path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            self.server.chown_to(&path).unwrap();
            format!("ALTER SYSTEM SET {name} = '{}'", path.display())
        };
        vec![
            set("ssl_cert_file", "server.pem"),
            set("ssl_key_file", "server.key"),
            "ALTER SYSTEM SET ssl = on".to_owned(),
            "SELECT pg_reload_conf()".to_owned(),
        ]
    }

    fn url(&self, parameters: &str) -> String {
        let url = self.server.url().replace("/postgres", "/unusual");
        format!("{url}?{parameters}")
    }

    /// The configuration of a store that connects with these parameters.
    fn config(&self, parameters: &str) -> SqlSessionConfig {
        let mut config = SqlSessionConfig::new(self.url(parameters).parse().unwrap());
        config.table = unique_table();
        config
    }

    /// The parameters of a client that uses the socket of the server.
    fn socket(&self) -> String {
        let (folder, port) = (self.server.folder(), self.server.address().port());
        format!("host={}&port={port}", folder.display())
    }

    /// The parameters of a client that trusts this authority, and no server of another name.
    fn trusting(authority: &Authority) -> String {
        let ca = authority.path("ca.pem");
        format!("sslmode=verify-full&sslrootcert={}", ca.display())
    }
}

async fn unusual() -> &'static Unusual {
    static SERVER: OnceCell<Unusual> = OnceCell::const_new();
    SERVER.get_or_init(Unusual::start).await
}

async fn subject() -> Fixture {
    let unusual = unusual().await;
    let url = unusual.url(&unusual.socket());
    let fixture = server::fixture(url.parse().unwrap()).await;
    fixture.store.migrate().await.unwrap();
    Fixture::from(fixture.store)
}

session_conformance::test_suite!(subject().await);

#[tokio::test]
async fn a_configured_store_uses_the_socket_of_the_server() {
    let unusual = unusual().await;
    let config = unusual.config(&unusual.socket());
    let store = PostgresSessionStore::from_config(&config).await.unwrap();
    facts::run_each_operation(&store).await;
}

#[tokio::test]
async fn a_configured_store_encrypts_its_connections() {
    let unusual = unusual().await;
    let config = unusual.config(&Unusual::trusting(&unusual.authority));
    let store = PostgresSessionStore::from_config(&config).await.unwrap();
    for n in 0..20 {
        facts::run_a_life(&store, n).await;
    }
    facts::run_each_operation(&store).await;
}

#[tokio::test]
async fn a_server_that_the_client_cannot_trust_is_refused() {
    let unusual = unusual().await;
    let other = Authority::new();
    let config = unusual.config(&Unusual::trusting(&other));
    let error = PostgresSessionStore::from_config(&config)
        .await
        .unwrap_err();
    let printed = printed(&error);
    assert!(printed.contains("certificate"), "{printed}");
    assert!(!printed.contains(unusual.server.password()), "{printed}");
}

#[tokio::test]
async fn a_connection_without_encryption_is_refused_where_the_server_demands_it() {
    let config = unusual().await.config("sslmode=disable");
    let error = PostgresSessionStore::from_config(&config)
        .await
        .unwrap_err();
    let printed = printed(&error);
    assert!(printed.contains("no encryption"), "{printed}");
}
