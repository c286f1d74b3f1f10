//! A lock on the table that somebody holds for longer than the time limit of an operation.

use std::time::{Duration, Instant};

use session::store::StoreErrorKind;
use session::{SessionError, SessionStore};
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use session_test_support::{Client, alone, app_with_limit};
use tokio::task::JoinSet;

use crate::databases::postgres::Site;

const LIMIT: Duration = Duration::from_millis(200);

/// Three seconds are enough: a second until the connection is closed, and one until the server
/// looks.
const PATIENCE: Duration = Duration::from_secs(15);

const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_of_an_operation_that_was_given_up_goes_on_waiting() {
    let _alone = alone().await;
    let site = Site::fast(2).await;
    let config = SqlSessionConfig::new(site.server.url().parse().unwrap());
    let store = PostgresSessionStore::from_config(&config).await.unwrap();
    let app = app_with_limit(SessionStore::from(store), LIMIT);
    let mut client = Client::new(&app, 1);
    client.visit().await.unwrap();

    let mut lock = site.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE sessions")
        .execute(&mut *lock)
        .await
        .unwrap();
    let mut looks = JoinSet::new();
    for _ in 0..8 {
        let client = client.clone();
        looks.spawn(async move { client.look().await.map(drop) });
    }
    for outcome in looks.join_all().await {
        let SessionError::Store(error) = outcome.unwrap_err() else {
            panic!("another error than that of the store");
        };
        assert_eq!(error.kind(), StoreErrorKind::Timeout);
    }
    assert!(site.count(WAITING).await > 0);
    let begun = Instant::now();
    while site.count(WAITING).await > 0 {
        assert!(begun.elapsed() < PATIENCE, "statements still wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    lock.rollback().await.unwrap();
    client.visit().await.unwrap();
}
