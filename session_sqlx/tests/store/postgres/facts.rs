//! Facts about Postgres besides the contract.

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::RecordBuilder;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::server::{self, Postgres};
use crate::{facts, support};

facts::facts!();

const SESSIONS_OF: &str = "'u7', '00000000-0000-7000-8000-000000000005', 2";

#[tokio::test]
async fn no_statement_reads_the_whole_table() {
    server::test(async |f| {
        let table = f.store.table();
        let statements = facts::statements(&f.store, table).await;
        fill(&f).await;
        let plans = [
            (&statements.load, "gen_random_uuid()", "pkey"),
            (&statements.delete_expired, "500, 100", "expires_at"),
            (&statements.sessions_of, SESSIONS_OF, "principal"),
            (&statements.delete_all_of, "'u7', NULL", "principal"),
            (&statements.delete_all_of_origin, "'u7'", "origin"),
        ];
        for (statement, arguments, index) in plans {
            let plan = plan(&f.pool, statement, arguments).await;
            let index = format!("{table}_{index}");
            assert!(plan.contains(&index), "{index} in {plan}");
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_that_keeps_the_deadline_touches_no_index() {
    server::test(async |f| {
        let record = facts::given(&f.store, 1).await;
        // The replacement has an earlier deadline, so that the stored one stays.
        let newer = RecordBuilder::from(record.clone()).revision(2).state("{}");
        let newer = newer.expires_at(record.created_at).build();
        _ = f.store.replace(&newer, record.revision).await.unwrap();
        assert_eq!(hot_updates(&f).await, (1, 1));
    })
    .await;
}

#[tokio::test]
async fn the_time_zone_of_a_connection_changes_no_answer() {
    let mut seen = Vec::new();
    for zone in [
        "UTC",
        "America/New_York",
        "Asia/Tokyo",
        "Pacific/Kiritimati",
    ] {
        let (send, receive) = tokio::sync::oneshot::channel();
        server::test(async |f| {
            let pool = zoned(zone).await;
            let table = f.store.table().clone();
            let store = session_sqlx::postgres::PostgresSessionStore::with_table(pool, table);
            send.send(facts::observations(&store).await).unwrap();
        })
        .await;
        seen.push(receive.await.unwrap());
    }
    assert!(seen.iter().all(|observations| *observations == seen[0]));
}

#[tokio::test]
async fn running_the_script_by_hand_makes_the_same_schema_as_a_migration() {
    server::test(async |f| {
        let by_hand = support::unique_table();
        let script = include_str!("../../../migrations/postgres.sql");
        let script = script.replace("sessions", by_hand.as_str());
        sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
        let schema = schema(&f.pool, by_hand.as_str()).await;
        assert_eq!(
            schema,
            self::schema(&f.pool, f.store.table().as_str()).await
        );
        assert_eq!(schema.len(), 18 + 1 + 5, "{schema:#?}");
        server::drop_table(by_hand).await;
    })
    .await;
}

#[tokio::test]
async fn a_read_only_server_is_an_unavailable_store() {
    let options = server::options().options([("default_transaction_read_only", "on")]);
    write_fails_as(StoreErrorKind::Unavailable, options).await;
}

#[tokio::test]
async fn connections_that_a_failover_made_read_only_leave_the_pool() {
    server::test(async |f| {
        let read_only = "SET default_transaction_read_only = on";
        let options = facts::pool_from_before_a_failover!(PgPoolOptions, 2, read_only);
        let pool = options.connect_with(server::options()).await.unwrap();
        let both = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
        drop(both);
        let table = f.store.table().clone();
        let store = session_sqlx::postgres::PostgresSessionStore::with_table(pool, table);
        facts::writes_fail_once_on(2, &store).await;
    })
    .await;
}

#[tokio::test]
async fn a_migration_refuses_a_read_only_server() {
    server::test(async |f| {
        let options = server::options().options([("default_transaction_read_only", "on")]);
        let pool = PgPool::connect_with(options).await.unwrap();
        let table = f.store.table().clone();
        let store = session_sqlx::postgres::PostgresSessionStore::with_table(pool, table);
        facts::is_refused_as_read_only(&store.migrate().await);
    })
    .await;
}

#[tokio::test]
async fn a_lock_wait_beyond_the_limit_of_the_server_is_a_timeout() {
    let options = server::options().options([("lock_timeout", "20ms")]);
    write_fails_as(StoreErrorKind::Timeout, options).await;
}

/// Asserts that a write to a locked row fails in that way.
async fn write_fails_as(kind: StoreErrorKind, options: PgConnectOptions) {
    server::test(async |f| {
        let record = facts::given(&f.store, 1).await;
        let mut rival = PgConnection::connect_with(&server::options())
            .await
            .unwrap();
        let mut transaction = rival.begin().await.unwrap();
        let lock = format!("SELECT id FROM {} FOR UPDATE", f.store.table());
        sqlx::query(&lock).execute(&mut *transaction).await.unwrap();
        let pool = PgPool::connect_with(options).await.unwrap();
        let table = f.store.table().clone();
        let store = session_sqlx::postgres::PostgresSessionStore::with_table(pool, table);
        assert_eq!(
            store.delete(record.id, None).await.unwrap_err().kind(),
            kind
        );
        assert!(store.load(record.id).await.unwrap().is_some());
    })
    .await;
}

/// Inserts 20,000 records, a third of them with one of a thousand principals.
async fn fill(f: &Postgres) {
    let table = f.store.table();
    let script = format!(
        "INSERT INTO {table} SELECT gen_random_uuid(), 1, 1, NULL, 1, NULL, 1, n, 1, 0, 'x', NULL, NULL, \
         CASE WHEN n % 3 = 0 THEN convert_to('u' || (n % 1000), 'UTF8') END, NULL, NULL, \
         CASE WHEN n % 3 = 0 THEN decode(md5(n::text), 'hex') END, 'x' \
         FROM generate_series(1, 20000) AS n; ANALYZE {table};"
    );
    sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
}

/// Returns the plan of the statement as a prepared one.
async fn plan(pool: &PgPool, statement: &str, arguments: &str) -> String {
    let mut connection = pool.acquire().await.unwrap();
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE it AS {statement}; \
         EXPLAIN EXECUTE it({arguments});"
    );
    let rows = sqlx::raw_sql(&explain).fetch_all(&mut *connection).await;
    let lines = rows.unwrap().into_iter().map(|row| row.get::<String, _>(0));
    let plan = lines.collect::<Vec<_>>().join("\n");
    sqlx::raw_sql("DEALLOCATE it")
        .execute(&mut *connection)
        .await
        .unwrap();
    plan
}

/// Returns the number of updated rows, and of those that were updated without touching an index.
async fn hot_updates(f: &Postgres) -> (i64, i64) {
    sqlx::raw_sql("SELECT pg_stat_force_next_flush()")
        .execute(&f.pool)
        .await
        .unwrap();
    f.pool.close().await;
    // A connection reports its counts when it is closed.
    let mut connection = PgConnection::connect_with(&server::options())
        .await
        .unwrap();
    let counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1";
    let counted = async {
        loop {
            let row = sqlx::query(counts).bind(f.store.table().as_str());
            let row = row.fetch_one(&mut connection).await.unwrap();
            let counts = (row.get(0), row.get(1));
            if counts != (0, 0) {
                return counts;
            }
        }
    };
    let counts = tokio::time::timeout(std::time::Duration::from_secs(60), counted).await;
    counts.expect("Postgres counts within a minute")
}

/// Returns connections in a time zone. `sqlx` sets UTC when it connects, and this changes it.
async fn zoned(zone: &'static str) -> PgPool {
    let pool = sqlx::postgres::PgPoolOptions::new().after_connect(move |connection, _| {
        Box::pin(async move {
            let set = format!("SET TIME ZONE '{zone}'");
            sqlx::Executor::execute(connection, set.as_str()).await?;
            Ok(())
        })
    });
    pool.connect_with(server::options()).await.unwrap()
}

/// Returns the columns, indexes and versions of a table, without its name.
async fn schema(pool: &PgPool, table: &str) -> Vec<String> {
    let query = "SELECT format('%s %s %s %s', attname, atttypid::regtype, attnotnull, reloptions)
           FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
          WHERE relname IN ($1, $1 || '_schema') AND attnum > 0
         UNION ALL
         SELECT indexdef FROM pg_indexes WHERE tablename IN ($1, $1 || '_schema') ORDER BY 1";
    let rows = sqlx::query(query).bind(table).fetch_all(pool).await;
    let lines = rows.unwrap().into_iter().map(|row| row.get::<String, _>(0));
    lines.map(|line| line.replace(table, "sessions")).collect()
}
