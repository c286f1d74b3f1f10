//! Stores that are made from their configuration.

use std::sync::Arc;
use std::time::Duration;

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::RecordBuilder;
use session_sqlx::SqlSessionConfig;
use session_sqlx::sqlite::SqliteSessionStore;
use session_sqlx::sqlx::sqlite::SqliteConnectOptions;
use session_sqlx::sqlx::{SqlitePool, raw_sql};
use time::UtcDateTime;

use crate::facts;
use crate::support::printed;

fn config(url: &str) -> SqlSessionConfig {
    SqlSessionConfig::new(url.parse().unwrap())
}

#[tokio::test]
async fn a_configured_store_creates_its_folder_its_file_and_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/my app.db");
    let url = format!("sqlite:{}", file.display()).replace(' ', "%20");
    let mut config = config(&url);
    config.table = "shop_sessions".parse().unwrap();
    let store = SqliteSessionStore::from_config(&config).await.unwrap();
    assert_eq!(store.table().as_str(), "shop_sessions");
    let record = facts::given(&store, 1).await;
    assert_eq!(facts::load(&store, record.id).await, Some(record));
    store.close().await;
    assert!(file.is_file());
}

#[tokio::test]
async fn a_store_that_is_configured_in_memory_creates_no_file() {
    let config = config("sqlite::memory:");
    let store = SqliteSessionStore::from_config(&config).await.unwrap();
    let record = facts::given(&store, 1).await;
    assert_eq!(facts::load(&store, record.id).await, Some(record));
    assert!(!std::path::Path::new(":memory:").exists());
}

#[tokio::test]
async fn a_connection_creates_neither_a_file_nor_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let config = config(&format!("sqlite:{}", file.display()));
    let error = SqliteSessionStore::connect(&config).await.unwrap_err();
    assert!(printed(&error).contains("unable to open"), "{error:?}");
    assert!(!file.exists());
    session_sqlx::sqlite::create_file(&file).unwrap();
    for _ in 0..2 {
        let store = SqliteSessionStore::connect(&config).await.unwrap();
        assert!(!store.is_migrated().await.unwrap());
        store.close().await;
    }
    let store = SqliteSessionStore::connect(&config).await.unwrap();
    store.migrate().await.unwrap();
    assert!(store.is_migrated().await.unwrap());
    let record = facts::given(&store, 1).await;
    assert_eq!(facts::load(&store, record.id).await, Some(record));
}

#[tokio::test]
async fn a_connection_leaves_the_file_of_another_program_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.db");
    let options = SqliteConnectOptions::new().filename(&file);
    let pool = SqlitePool::connect_with(options.create_if_missing(true)).await;
    let pool = pool.unwrap();
    raw_sql("CREATE TABLE other (id INTEGER)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let before = std::fs::read(&file).unwrap();
    let config = config(&format!("sqlite:{}", file.display()));
    let store = SqliteSessionStore::connect(&config).await.unwrap();
    assert!(!store.is_migrated().await.unwrap());
    store.close().await;
    assert!(std::fs::read(&file).unwrap() == before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_connection_in_memory_has_no_table_before_it_is_migrated() {
    let config = config("sqlite::memory:");
    let store = SqliteSessionStore::connect(&config).await.unwrap();
    assert!(!store.is_migrated().await.unwrap());
    store.migrate().await.unwrap();
    assert!(store.is_migrated().await.unwrap());
}

#[tokio::test]
async fn a_path_that_is_a_url_is_refused_and_creates_nothing() {
    for path in [
        ":memory:",
        "sqlite::memory:",
        "sqlite:app.db",
        "sqlite://app.db",
        "file:app.db",
        "postgres://localhost/app",
    ] {
        let error = SqliteSessionStore::open(path).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Other);
        let printed = printed(&error);
        assert!(printed.contains("`from_config` for a URL"), "{printed}");
        assert!(!std::path::Path::new(path).exists(), "{path}");
    }
    for folder in ["sqlite:", "postgres:"] {
        assert!(!std::path::Path::new(folder).exists(), "{folder}");
    }
}

#[tokio::test]
async fn an_unusable_file_is_named_by_the_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite:{}/sessions.db", file.display());
    let error = SqliteSessionStore::from_config(&config(&url)).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains(&url), "{error}");
    assert!(error.contains("session_sqlx.url"), "{error}");
}

#[tokio::test]
async fn the_url_of_another_database_is_refused_without_its_password() {
    let config = config("postgres://app:s3cret@localhost/shop");
    let error = SqliteSessionStore::from_config(&config).await.unwrap_err();
    let printed = printed(&error);
    assert!(
        printed.contains("session_sqlx::postgres::kit()"),
        "{printed}"
    );
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[tokio::test]
async fn a_store_with_a_sweeper_deletes_expired_sessions() {
    let store = SqliteSessionStore::in_memory()
        .await
        .unwrap()
        .with_sweeper();
    let expired = expired();
    _ = store.create(&expired).await.unwrap();
    pass_five_minutes().await;
    let deleted = async {
        while store.load(expired.id).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    let deleted = tokio::time::timeout(Duration::from_secs(60), deleted).await;
    deleted.expect("the sweeper deletes the session");
}

#[tokio::test]
async fn a_sweeper_ends_with_the_last_clone_of_its_store() {
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let store = SqliteSessionStore::in_memory()
        .await
        .unwrap()
        .with_sweeper();
    let clone = store.clone();
    drop(store);
    tokio::task::yield_now().await;
    assert!(tasks.num_alive_tasks() > before);
    drop(clone);
    let ended = async {
        while tasks.num_alive_tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
    ended.expect("the sweeper ends");
}

fn expired() -> Arc<session::store::SessionRecord> {
    let yesterday = UtcDateTime::now() - time::Duration::DAY;
    let yesterday = yesterday.replace_nanosecond(0).unwrap();
    RecordBuilder::complete(1).expires_at(yesterday).build()
}

/// Moves Tokio's clock beyond the pause between two sweeps.
async fn pass_five_minutes() {
    // The sweeper must be waiting before the clock moves.
    tokio::task::yield_now().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6 * 60)).await;
    tokio::time::resume();
}
