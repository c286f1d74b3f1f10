//! Stores that are made from their configuration.

use std::net::TcpListener;

use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;

use super::server;
use crate::facts;
use crate::support::{printed, tested, unique_table, url};

#[tokio::test]
async fn a_configured_store_has_its_table() {
    let url = url("SESSION_TEST_POSTGRES_URL").parse().unwrap();
    let mut config = SqlSessionConfig::new(url);
    config.table = unique_table();
    let test = async {
        let store = PostgresSessionStore::from_config(&config).await.unwrap();
        let record = facts::given(&store, 1).await;
        assert_eq!(facts::load(&store, record.id).await, Some(record));
    };
    tested(test, server::drop_table(config.table.clone())).await;
}

#[tokio::test]
async fn a_connection_creates_no_table_before_it_is_migrated() {
    let url = url("SESSION_TEST_POSTGRES_URL").parse().unwrap();
    let mut config = SqlSessionConfig::new(url);
    config.table = unique_table();
    let test = async {
        for _ in 0..2 {
            let store = PostgresSessionStore::connect(&config).await.unwrap();
            assert!(!store.is_migrated().await.unwrap());
        }
        let store = PostgresSessionStore::connect(&config).await.unwrap();
        store.migrate().await.unwrap();
        assert!(store.is_migrated().await.unwrap());
    };
    tested(test, server::drop_table(config.table.clone())).await;
}

#[tokio::test]
async fn an_unreachable_server_is_named_by_the_error_at_the_start_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgres://app:s3cret@{closed}/shop")
        .parse()
        .unwrap();
    let config = SqlSessionConfig::new(url);
    let error = PostgresSessionStore::from_config(&config)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("postgres://{closed}/shop")),
        "{error}"
    );
    let printed = printed(&error);
    assert!(printed.contains("refused"), "{printed}");
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[tokio::test]
async fn a_refused_password_is_not_shown_by_the_error_at_the_start_which_gives_advice() {
    let url = url("SESSION_TEST_POSTGRES_URL");
    let (_, host) = url
        .rsplit_once('@')
        .unwrap_or(("", url.trim_start_matches("postgres://")));
    let url = format!("postgres://nobody:s3cret@{host}").parse().unwrap();
    let error = PostgresSessionStore::from_config(&SqlSessionConfig::new(url)).await;
    let printed = printed(&error.unwrap_err());
    assert!(printed.contains("nobody"), "{printed}");
    assert!(printed.contains("Check the user"), "{printed}");
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[tokio::test]
async fn an_unknown_database_is_an_error_at_the_start_with_advice() {
    let url = format!("{}_unknown", url("SESSION_TEST_POSTGRES_URL"))
        .parse()
        .unwrap();
    let error = PostgresSessionStore::from_config(&SqlSessionConfig::new(url)).await;
    let printed = printed(&error.unwrap_err());
    assert!(printed.contains("Create the database"), "{printed}");
}
