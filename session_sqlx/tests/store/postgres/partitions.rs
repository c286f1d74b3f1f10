//! The partitions that the crate's documentation advises for many sessions.

use super::conformance::subject;
use super::server::{self, Postgres};
use crate::load;

const SCHEMA: &str = include_str!("../../../migrations/postgres.sql");

/// Returns a store whose table has this number of partitions.
async fn partitioned(partitions: u32) -> Postgres {
    let fixture = server::fixture(server::options()).await;
    let table = fixture.store.table();
    let mut schema = SCHEMA.replace("sessions", table.as_str());
    schema = schema.replace("WITH (fillfactor = 80)", "PARTITION BY HASH (id)");
    for n in 0..partitions {
        schema += &format!(
            "CREATE TABLE {table}_{n} PARTITION OF {table} \
             FOR VALUES WITH (MODULUS {partitions}, REMAINDER {n}) WITH (fillfactor = 80);"
        );
    }
    sqlx::raw_sql(&schema).execute(&fixture.pool).await.unwrap();
    fixture.store.migrate().await.unwrap();
    fixture
}

// Each test makes a table: with few partitions, that takes less time.
session_conformance::test_suite!(subject(partitioned(4).await));

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_and_a_sweeper_use_the_partitions_at_once() {
    server::run(partitioned(16).await, async |f| {
        load::expect_service_beside_a_sweeper(f.store).await;
    })
    .await;
}
