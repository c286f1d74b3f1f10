//! A server with unusual settings: it encrypts each connection from the network, has another
//! character set, and parses statements, isolates and commits in other ways.

use session_conformance::Fixture;
use session_sqlx::SqlSessionConfig;
use session_sqlx::mysql::MySqlSessionStore;
use session_test_support::Authority;
use sqlx::{Connection, MySqlConnection};
use test_servers::{Database, Server, Setup};
use tokio::sync::OnceCell;

use super::server;
use crate::facts;
use crate::support::{printed, unique_table};

const SETTINGS: [&str; 8] = [
    "character-set-server=latin1",
    "collation-server=latin1_german2_ci",
    "default-time-zone=+05:45",
    "sql-mode=ANSI,TRADITIONAL,ONLY_FULL_GROUP_BY,NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION",
    "autocommit=0",
    "transaction-isolation=SERIALIZABLE",
    "require-secure-transport=ON",
    "innodb-default-row-format=compact",
];

struct Unusual {
    authority: Authority,
    server: Server,
}

impl Unusual {
    async fn start() -> Self {
        let authority = Authority::new();
        let path = |file: &str| authority.path(file).display().to_string();
        let setup = Setup::of(Database::MariaDb)
            .without_durability()
            .with(format!("ssl-cert={}", path("server.pem")))
            .with(format!("ssl-key={}", path("server.key")));
        let setup = SETTINGS.iter().fold(setup, |setup, it| setup.with(*it));
        let start = tokio::task::spawn_blocking(move || setup.start());
        Self {
            server: start.await.unwrap().unwrap(),
            authority,
        }
    }

    fn url(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.server.url())
    }

    /// The configuration of a store that connects with these parameters.
    fn config(&self, parameters: &str) -> SqlSessionConfig {
        let mut config = SqlSessionConfig::new(self.url(parameters).parse().unwrap());
        config.table = unique_table();
        config
    }

    /// The parameters of a client that trusts this authority, and no server of another name.
    fn trusting(authority: &Authority) -> String {
        let ca = authority.path("ca.pem");
        format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={}", ca.display())
    }
}

async fn unusual() -> &'static Unusual {
    static SERVER: OnceCell<Unusual> = OnceCell::const_new();
    SERVER.get_or_init(Unusual::start).await
}

async fn subject() -> Fixture {
    let unusual = unusual().await;
    let url = unusual.url(&Unusual::trusting(&unusual.authority));
    let fixture = server::fixture_with(url.parse().unwrap(), "DO 0").await;
    fixture.store.migrate().await.unwrap();
    Fixture::from(fixture.store)
}

session_conformance::test_suite!(subject().await);

/// `sqlx` cannot give MySQL a password through a socket: it encrypts the password, and the server
/// expects it as it is.
#[tokio::test]
async fn a_configured_store_uses_the_socket_of_mariadb_and_is_refused_by_that_of_mysql() {
    let unusual = unusual().await;
    let socket = unusual.server.folder().join("socket");
    let config = unusual.config(&format!("socket={}", socket.display()));
    let store = MySqlSessionStore::from_config(&config).await;
    if is_mariadb(unusual).await {
        facts::run_each_operation(&store.unwrap()).await;
    } else {
        let error = printed(&store.unwrap_err());
        assert!(error.contains("Access denied"), "{error}");
        assert!(error.contains("connect to `127.0.0.1`"), "{error}");
        assert!(!error.contains(unusual.server.password()), "{error}");
    }
}

async fn is_mariadb(unusual: &Unusual) -> bool {
    let url = unusual.url(&Unusual::trusting(&unusual.authority));
    let mut connection = MySqlConnection::connect(&url).await.unwrap();
    let version: String = sqlx::query_scalar("SELECT VERSION()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    version.contains("MariaDB")
}

#[tokio::test]
async fn a_configured_store_encrypts_its_connections() {
    let unusual = unusual().await;
    let config = unusual.config(&Unusual::trusting(&unusual.authority));
    let store = MySqlSessionStore::from_config(&config).await.unwrap();
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
    let error = MySqlSessionStore::from_config(&config).await.unwrap_err();
    let printed = printed(&error);
    assert!(printed.contains("certificate"), "{printed}");
    assert!(!printed.contains(unusual.server.password()), "{printed}");
}

#[tokio::test]
async fn a_connection_without_encryption_is_refused_where_the_server_demands_it() {
    let config = unusual().await.config("ssl-mode=DISABLED");
    let error = MySqlSessionStore::from_config(&config).await.unwrap_err();
    let printed = printed(&error);
    // MariaDB, MySQL
    let reasons = ["Access denied", "insecure transport"];
    assert!(reasons.iter().any(|it| printed.contains(it)), "{printed}");
    assert!(printed.contains("dd the feature `tls`"), "{printed}");
}
