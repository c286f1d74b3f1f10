//! Facts about MySQL and MariaDB besides the contract.

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_sqlx::mysql::MySqlSessionStore;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{Connection, MySqlConnection, MySqlPool, Row};

use super::server::{self, MySql};
use crate::{facts, support};

facts::facts!();

#[tokio::test]
async fn no_statement_reads_the_whole_table() {
    server::test(async |f| {
        let table = f.store.table();
        let statements = facts::statements(&f.store, table).await;
        fill(&f).await;
        let (expires_at, principal) = (format!("{table}_expires_at"), format!("{table}_principal"));
        let plans = [
            (&statements.load, vec!["UNHEX(LPAD(5, 32, 0))"], "PRIMARY"),
            (&statements.replace, REPLACEMENT.to_vec(), "PRIMARY"),
            (
                &statements.touch,
                vec!["1", "1", "UNHEX(LPAD(5, 32, 0))", "x'00'"],
                "PRIMARY",
            ),
            (&statements.delete_expired, vec!["500", "100"], &expires_at),
            (
                &statements.sessions_of,
                vec!["'u7'", "UNHEX(LPAD(5, 32, 0))", "2"],
                &principal,
            ),
            (&statements.delete_all_of, vec!["'u7'", "NULL"], &principal),
            (
                &statements.delete_all_of_origin,
                vec!["UNHEX(LPAD(6, 32, 0))"],
                &format!("{table}_origin"),
            ),
        ];
        for (statement, arguments, index) in plans {
            let plan = plan(&f.pool, statement, &arguments).await;
            assert!(plan.contains(index), "{index} in {plan}");
            assert!(!plan.contains("filesort"), "{plan}");
            let whole_table = format!("{table} ALL");
            assert!(!plan.contains(&whole_table), "{plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_settings_of_a_connection_change_no_answer() {
    // New York, Tokyo, and the largest offset that MariaDB accepts: Kiritimati is at +14:00. Names
    // of zones are not on each server.
    let settings = [
        "SET time_zone = '+00:00'",
        "SET time_zone = '-05:00'",
        "SET time_zone = '+09:00'",
        "SET time_zone = '+13:00'",
        "SET sql_safe_updates = 1",
        "SET autocommit = 0",
    ];
    let mut seen = Vec::new();
    for setting in settings {
        let (send, receive) = tokio::sync::oneshot::channel();
        let fixture = server::fixture(setting).await;
        fixture.store.migrate().await.unwrap();
        server::run(fixture, async |f| {
            send.send(facts::observations(&f.store).await).unwrap();
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
        let script = include_str!("../../../migrations/mysql.sql");
        let script = script.replace("sessions", by_hand.as_str());
        sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
        let schema = schema(&f.pool, by_hand.as_str()).await;
        assert_eq!(
            schema,
            self::schema(&f.pool, f.store.table().as_str()).await
        );
        assert!(schema.contains("`state` longblob NOT NULL"), "{schema}");
        server::drop_table(by_hand).await;
    })
    .await;
}

#[tokio::test]
async fn the_sql_mode_of_a_connection_changes_no_record() {
    let fixture = server::fixture("SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES'").await;
    fixture.store.migrate().await.unwrap();
    server::run(fixture, async |f| {
        let record = facts::given(&f.store, 1).await;
        assert_eq!(facts::load(&f.store, record.id).await, Some(record));
    })
    .await;
}

#[tokio::test]
async fn a_read_only_connection_is_an_unavailable_store() {
    let fixture = server::fixture("SET SESSION TRANSACTION READ ONLY").await;
    write_fails_as(StoreErrorKind::Unavailable, fixture).await;
}

#[tokio::test]
async fn connections_that_a_failover_made_read_only_leave_the_pool() {
    server::test(async |f| {
        let read_only = "SET SESSION TRANSACTION READ ONLY";
        let options = facts::pool_from_before_a_failover!(MySqlPoolOptions, 2, read_only);
        let pool = options.connect_with(server::options()).await.unwrap();
        let both = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
        drop(both);
        let store = MySqlSessionStore::with_table(pool, f.store.table().clone());
        facts::writes_fail_once_on(2, &store).await;
    })
    .await;
}

#[tokio::test]
async fn a_migration_without_autocommit_is_committed_and_leaves_no_transaction_open() {
    let fixture = server::fixture("SET autocommit = 0").await;
    server::run(fixture, async |f| {
        for _ in 0..2 {
            f.store.migrate().await.unwrap();
            let other = MySqlPool::connect_with(server::options()).await.unwrap();
            let count = format!("SELECT COUNT(*) FROM {}_schema", f.store.table());
            let count: i64 = sqlx::query_scalar(&count).fetch_one(&other).await.unwrap();
            assert_eq!(count, 1);
            // A transaction that is open would keep the table from being changed.
            let alter = format!(
                "SET SESSION lock_wait_timeout = 1; ALTER TABLE {}_schema COMMENT ''",
                f.store.table()
            );
            sqlx::raw_sql(&alter).execute(&other).await.unwrap();
        }
    })
    .await;
}

/// The end of a transaction begins another one there.
#[tokio::test]
async fn records_are_committed_after_a_migration_on_connections_with_chained_transactions() {
    let pool = server::pool("SET SESSION completion_type = 'CHAIN'", 1).await;
    server::test(async |f| {
        let store = MySqlSessionStore::with_table(pool, f.store.table().clone());
        store.migrate().await.unwrap();
        let record = facts::given(&store, 1).await;
        assert!(f.store.load(record.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn only_connections_without_autocommit_begin_a_transaction_for_each_statement() {
    let statements = 12 + facts::EXPLANATIONS;
    for (setting, transactions) in [
        ("SET autocommit = 1", 0),
        ("SET autocommit = 0", statements),
    ] {
        server::test(async |f| {
            let pool = server::pool(setting, 1).await;
            let store = MySqlSessionStore::with_table(pool.clone(), f.store.table().clone());
            // The first operations find the setting out.
            store.load(session_conformance::id(1)).await.unwrap();
            store
                .delete(session_conformance::id(1), None)
                .await
                .unwrap();
            let before = server::begun(&pool).await;
            facts::run_each_operation(&store).await;
            let begun = server::begun(&pool).await - before;
            assert_eq!(begun, transactions);
        })
        .await;
    }
}

#[tokio::test]
async fn a_lock_wait_beyond_the_limit_of_the_server_is_a_timeout() {
    let fixture = server::fixture("SET SESSION innodb_lock_wait_timeout = 1").await;
    write_fails_as(StoreErrorKind::Timeout, fixture).await;
}

/// Asserts that a write to a locked row fails in that way.
async fn write_fails_as(kind: StoreErrorKind, fixture: MySql) {
    server::test(async |f| {
        let record = facts::given(&f.store, 1).await;
        let mut rival = MySqlConnection::connect_with(&server::options())
            .await
            .unwrap();
        let mut transaction = rival.begin().await.unwrap();
        let lock = format!("SELECT id FROM {} FOR UPDATE", f.store.table());
        sqlx::query(&lock).execute(&mut *transaction).await.unwrap();
        let table = f.store.table().clone();
        let store = MySqlSessionStore::with_table(fixture.pool, table);
        assert_eq!(
            store.delete(record.id, None).await.unwrap_err().kind(),
            kind
        );
        assert!(store.load(record.id).await.unwrap().is_some());
    })
    .await;
}

/// Inserts 10,000 records, a third of them with one of a thousand principals.
async fn fill(f: &MySql) {
    let table = f.store.table();
    let ten = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 \
               UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    let script = format!(
        "INSERT INTO {table} SELECT UNHEX(LPAD(HEX(n), 32, 0)), 1, 1, NULL, 1, NULL, 1, n, 1, 0, REPEAT('x', 32), \
         NULL, NULL, IF(n % 3 = 0, CONCAT('u', n % 1000), NULL), NULL, NULL, \
         IF(n % 3 = 0, UNHEX(LPAD(HEX(n), 32, 0)), NULL), 'x' \
         FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n \
               FROM {ten} AS a, {ten} AS b, {ten} AS c, {ten} AS e) AS numbers; \
         ANALYZE TABLE {table};"
    );
    sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
}

const REPLACEMENT: [&str; 19] = [
    "1",
    "1",
    "x'00'",
    "1",
    "NULL",
    "NULL",
    "NULL",
    "NULL",
    "1",
    "NULL",
    "1",
    "1",
    "NULL",
    "NULL",
    "NULL",
    "0",
    "x'00'",
    "UNHEX(LPAD(5, 32, 0))",
    "1",
];

/// Returns the plan of the statement: for each table, the access, the index, and further steps.
async fn plan(pool: &MySqlPool, statement: &str, arguments: &[&str]) -> String {
    // A statement with settings of its own cannot be explained.
    let settings = statement
        .find("DELETE")
        .filter(|_| statement.starts_with("/*"));
    let statement = &statement[settings.unwrap_or(0)..];
    // The default form differs: it is a tree from MySQL 9 on.
    let mut explain = format!("EXPLAIN FORMAT = TRADITIONAL {statement}");
    for argument in arguments {
        explain = explain.replacen('?', argument, 1);
    }
    let rows = sqlx::raw_sql(&explain).fetch_all(pool).await.unwrap();
    let column = |row: &sqlx::mysql::MySqlRow, name| {
        let text: Option<String> = row.get(name);
        text.unwrap_or_default()
    };
    let lines = rows.iter().map(|row| {
        let columns = ["table", "type", "key", "Extra"];
        columns.map(|name| column(row, name)).join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the statements that would make the table, without its name.
async fn schema(pool: &MySqlPool, table: &str) -> String {
    let mut schema = String::new();
    for name in [table.to_owned(), format!("{table}_schema")] {
        let show = format!("SHOW CREATE TABLE {name}");
        let row = sqlx::query(&show).fetch_one(pool).await.unwrap();
        schema += &row.get::<String, _>(1);
    }
    let versions = format!("SELECT GROUP_CONCAT(version) FROM {table}_schema");
    let row = sqlx::query(&versions).fetch_one(pool).await.unwrap();
    schema += &row.get::<String, _>(0);
    schema.replace(table, "sessions")
}
