//! Facts about SQLite besides the contract.

use std::num::NonZeroU32;
use std::time::Duration;

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, after};
use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Row, SqlitePool};

use super::server::{self, Sqlite};
use crate::{facts, support};

facts::facts!();

#[tokio::test]
async fn no_statement_reads_the_whole_table() {
    server::test(async |f| {
        let table = f.store.table();
        let statements = facts::statements(&f.store, table).await;
        fill(&f).await;
        let plans = [
            (&statements.load, "sqlite_autoindex"),
            (&statements.replace, "sqlite_autoindex"),
            (&statements.touch, "sqlite_autoindex"),
            (&statements.delete_expired, &*format!("{table}_expires_at")),
            (&statements.sessions_of, &format!("{table}_principal")),
            (&statements.delete_all_of, &format!("{table}_principal")),
            (&statements.delete_all_of_origin, &format!("{table}_origin")),
        ];
        for (statement, index) in plans {
            let plan = plan(&f.pool, statement).await;
            assert!(plan.contains(index), "{index} in {plan}");
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    })
    .await;
}

/// A step that did not find its end would read all records after it.
#[tokio::test]
async fn a_malformed_id_at_the_end_of_a_step_does_not_make_the_step_longer() {
    server::test(async |f| {
        let table = f.store.table();
        for malformed in [
            "substr(id, 1, 15)",
            "CAST(id || x'00' AS BLOB)",
            "CAST(id || id AS BLOB)",
        ] {
            // Ids differ in their last but one byte.
            for n in 0..40 {
                facts::given_of_ada(&f.store, n << 8).await;
            }
            let change = format!("UPDATE {table} SET id = {malformed} WHERE revision % 1024 = 768");
            sqlx::query(&change).execute(&f.pool).await.unwrap();
            let sizes = sizes_of_steps(&f.store, 4).await;
            assert_eq!(sizes.iter().sum::<usize>(), 30, "{malformed}");
            assert!(
                sizes.iter().all(|size| *size <= 4),
                "{malformed}: {sizes:?}"
            );
            let deleted = sizes_of_deletions(&f.store, 4).await;
            assert_eq!(deleted.iter().sum::<u64>(), 40, "{malformed}");
            assert!(
                deleted.iter().all(|size| *size <= 5),
                "{malformed}: {deleted:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn running_the_script_by_hand_makes_the_same_schema_as_a_migration() {
    server::test(async |f| {
        let by_hand = support::unique_table();
        let script = include_str!("../../../migrations/sqlite.sql");
        let script = script.replace("sessions", by_hand.as_str());
        sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
        let schema = schema(&f.pool, by_hand.as_str()).await;
        assert_eq!(
            schema,
            self::schema(&f.pool, f.store.table().as_str()).await
        );
        assert!(schema.contains("STRICT"), "{schema}");
    })
    .await;
}

#[tokio::test]
async fn a_migration_refuses_read_only_connections() {
    server::test(async |f| {
        let options = f.pool.connect_options().as_ref().clone();
        let pool = SqlitePool::connect_with(options.pragma("query_only", "on"));
        let table = f.store.table().clone();
        let store = SqliteSessionStore::with_table(pool.await.unwrap(), table);
        facts::is_refused_as_read_only(&store.migrate().await);
    })
    .await;
}

#[tokio::test]
async fn a_reserved_word_can_be_the_name_of_the_table() {
    server::test(async |f| {
        let table = "order".parse().unwrap();
        let store = SqliteSessionStore::with_table(f.pool, table);
        store.migrate().await.unwrap();
        facts::observations(&store).await;
    })
    .await;
}

#[tokio::test]
async fn records_in_a_file_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/here/sessions.db");
    let store = SqliteSessionStore::open(&file).await.unwrap();
    let record = facts::given(&store, 1).await;
    store.close().await;
    let store = SqliteSessionStore::open(&file).await.unwrap();
    assert_eq!(facts::load(&store, record.id).await, Some(record));
    store.close().await;
    // The write-ahead log is gone.
    assert_eq!(
        std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
        1
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_created_file_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/sessions.db");
    let store = SqliteSessionStore::open(&file).await.unwrap();
    facts::given(&store, 1).await;
    for (name, mode) in [
        ("", 0o700),
        ("sessions.db", 0o600),
        ("sessions.db-wal", 0o600),
    ] {
        let path = folder.path().join("data").join(name);
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{path:?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_stores_can_open_one_new_file_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..16 {
            let file = folder.path().join("sessions.db");
            tasks.spawn(async move {
                let store = SqliteSessionStore::open(file).await.unwrap();
                facts::given(&store, n).await;
                store.close().await;
            });
        }
        while let Some(outcome) = tasks.join_next().await {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_commit_is_on_the_disk_before_it_is_answered() {
    server::test(async |f| {
        for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "2")] {
            // Some pragmas are texts and others are numbers.
            let query = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
            let row = sqlx::query(&query).fetch_one(&f.pool).await.unwrap();
            assert_eq!(row.get::<String, _>(0), value, "{pragma}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_created_is_an_unavailable_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/sessions.db");
    let error = SqliteSessionStore::open(path).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    let text = "not a database, but long enough to have a header of 100 bytes. ".repeat(3);
    std::fs::write(&file, &text).unwrap();
    let error = SqliteSessionStore::open(&file).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_read_only_file_is_an_unavailable_store() {
    server::test(async |f| {
        let options = f.pool.connect_options().as_ref().clone().read_only(true);
        creation_fails_as(StoreErrorKind::Unavailable, &f, options).await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_another_writer_locks_is_an_unavailable_store() {
    server::test(async |f| {
        let transaction = f.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let options = connect_options(f.pool.connect_options().get_filename());
        let options = options.busy_timeout(Duration::from_millis(20));
        creation_fails_as(StoreErrorKind::Unavailable, &f, options).await;
        transaction.rollback().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_grow_is_a_full_store() {
    server::test(async |f| {
        let options = connect_options(f.pool.connect_options().get_filename());
        creation_fails_as(
            StoreErrorKind::Full,
            &f,
            options.pragma("max_page_count", "1"),
        )
        .await;
    })
    .await;
}

/// Asserts that creating a large record fails in that way over connections with these options.
async fn creation_fails_as(
    kind: StoreErrorKind,
    f: &Sqlite,
    options: sqlx::sqlite::SqliteConnectOptions,
) {
    let pool = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .unwrap();
    let store = SqliteSessionStore::with_table(pool.clone(), f.store.table().clone());
    let record = RecordBuilder::complete(99).state(&"x".repeat(100_000));
    let error = store.create(&record.build()).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{}", support::printed(&error));
    assert!(
        store
            .load(session_conformance::id(99))
            .await
            .unwrap()
            .is_none()
    );
    pool.close().await;
}

/// Inserts 20,000 records, a third of them with one of a thousand principals.
async fn fill(f: &Sqlite) {
    let table = f.store.table();
    let script = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 20000) \
         INSERT INTO {table} SELECT randomblob(16), 1, 1, NULL, 1, NULL, 1, n, 1, 0, x'00', NULL, NULL, \
         iif(n % 3 = 0, CAST('u' || (n % 1000) AS BLOB), NULL), NULL, NULL, \
         iif(n % 3 = 0, randomblob(16), NULL), x'00' FROM numbers; ANALYZE;"
    );
    sqlx::raw_sql(&script).execute(&f.pool).await.unwrap();
}

async fn plan(pool: &SqlitePool, statement: &str) -> String {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let rows = sqlx::query(&explain).fetch_all(pool).await.unwrap();
    let lines = rows.into_iter().map(|row| row.get::<String, _>("detail"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the statements that would make the table, without its name.
async fn schema(pool: &SqlitePool, table: &str) -> String {
    let query = "SELECT sql FROM sqlite_schema WHERE sql LIKE '%' || ? || '%' ORDER BY name";
    let rows = sqlx::query(query).bind(table).fetch_all(pool).await;
    let lines = rows.unwrap().into_iter().map(|row| row.get::<String, _>(0));
    let schema = lines.collect::<Vec<_>>().join("\n");
    schema.replace(table, "sessions")
}

/// Returns the numbers of readable sessions in the steps of a walk.
async fn sizes_of_steps(store: &impl SessionStorageBackend, batch: u32) -> Vec<usize> {
    let batch = NonZeroU32::new(batch).unwrap();
    let (mut sizes, mut next) = (vec![], Some(None));
    while let Some(from) = next {
        let step = store.all_sessions(batch, from.as_ref()).await.unwrap();
        sizes.push(step.sessions.len());
        next = step.next.map(Some);
    }
    sizes
}

/// Deletes all records. Returns the numbers that the steps deleted.
async fn sizes_of_deletions(store: &impl SessionStorageBackend, batch: u32) -> Vec<u64> {
    let batch = NonZeroU32::new(batch).unwrap();
    let (mut sizes, mut next) = (vec![], Some(None));
    while let Some(from) = next {
        let step = store.delete_created_until(after(1), batch, from.as_ref());
        let step = step.await.unwrap();
        sizes.push(step.deleted);
        next = step.next.map(Some);
    }
    sizes
}
