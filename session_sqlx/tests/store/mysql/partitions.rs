//! The partitions that the crate's documentation advises for many sessions.

use super::conformance::subject;
use super::server::{self, MySql};
use crate::load;

/// Returns a store whose table has this number of partitions.
async fn partitioned(partitions: u32) -> MySql {
    let fixture = server::fixture("DO 0").await;
    fixture.store.migrate().await.unwrap();
    let table = fixture.store.table();
    let partition = format!("ALTER TABLE {table} PARTITION BY KEY (id) PARTITIONS {partitions}");
    let partition = sqlx::raw_sql(&partition).execute(&fixture.pool);
    partition.await.unwrap();
    fixture
}

// Each test makes a table: with few partitions, that takes less time.
session_conformance::test_suite!(subject(partitioned(4).await).await);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_and_a_sweeper_use_the_partitions_at_once() {
    server::run(partitioned(16).await, async |f| {
        load::expect_service_beside_a_sweeper(f.store).await;
    })
    .await;
}
