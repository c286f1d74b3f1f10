//! Facts that hold on each database. The macro makes tests of them, with the functions `test` and
//! `test_unmigrated` of the database's module `server`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use session::SessionId;
use session::store::{
    Extension, OriginHash, Page, ReplaceOutcome, Revision, SecretHash, SessionRecord,
    SessionStorageBackend, StoreError, StoreErrorKind, TouchOutcome,
};
use session::testing::TestApp;
use session_conformance::{RecordBuilder, after, id, principal};
use session_sqlx::TableName;

use crate::support::{printed, statements_on};

macro_rules! facts {
    () => {
        #[tokio::test]
        async fn a_record_of_a_newer_version_is_not_a_session_to_an_older_release() {
            server::test(async |f| {
                let record = facts::given(&f.store, 1).await;
                let newer = format!("UPDATE {} SET version = 2", f.store.table());
                sqlx::query(&newer).execute(&f.pool).await.unwrap();
                facts::is_left_alone(&f.store, &record).await;
                let record = facts::given(&f.store, 2).await;
                sqlx::query(&newer).execute(&f.pool).await.unwrap();
                facts::is_deleted_by_its_secret(&f.store, &record).await;
                let record = facts::given(&f.store, 3).await;
                sqlx::query(&newer).execute(&f.pool).await.unwrap();
                facts::is_ended_by_its_origin(&f.store, &record).await;
            })
            .await;
        }

        #[tokio::test]
        async fn a_damaged_record_is_an_invalid_record() {
            server::test(async |f| {
                let columns = facts::DAMAGES.into_iter().zip(1..);
                for ((damage, column), n) in columns {
                    let record = facts::given(&f.store, n).await;
                    let table = f.store.table();
                    let revision = record.revision.as_i64();
                    let damage = format!("UPDATE {table} SET {damage} WHERE revision = {revision}");
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                    facts::is_invalid(&f.store, &record, column).await;
                }
            })
            .await;
        }

        #[tokio::test]
        async fn a_damaged_record_hides_no_other_session_of_its_principal() {
            server::test(async |f| {
                let table = f.store.table();
                for damage in facts::DAMAGES_OF_SUMMARIES
                    .into_iter()
                    .chain([server::MALFORMED_ID])
                {
                    let damage = format!("UPDATE {table} SET {damage} WHERE revision = 77");
                    let records = facts::given_two_of_ada(&f.store).await;
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                    facts::is_listed_alone(&f.store, &records).await;
                    facts::given_two_of_ada(&f.store).await;
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                    facts::is_ended_with_the_others(&f.store, &records).await;
                }
            })
            .await;
        }

        #[tokio::test]
        async fn a_walk_reports_damaged_records_and_returns_the_sessions_beside_them() {
            server::test(async |f| {
                let table = f.store.table();
                let damages = facts::DAMAGES_OF_SUMMARIES.into_iter();
                let damages = damages.chain(["version = 2", server::MALFORMED_ID]);
                for (damage, revision) in damages.zip(70..) {
                    facts::given_of_ada(&f.store, revision).await;
                    let damage = format!("UPDATE {table} SET {damage} WHERE revision = {revision}");
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                }
                facts::given_of_ada(&f.store, 1).await;
                facts::given_of_ada(&f.store, 99).await;
                for batch in [1, 3, u32::MAX] {
                    let (sessions, unreadable) = facts::walked(&f.store, batch).await;
                    assert_eq!(sessions, facts::ids([1, 99]));
                    assert_eq!(unreadable, facts::ids([70, 71, 72]));
                }
            })
            .await;
        }

        #[tokio::test]
        async fn an_expired_record_is_deleted_though_it_is_damaged() {
            server::test(async |f| {
                let table = f.store.table();
                for damage in [
                    "expires_at = -9223372036854775807",
                    "created_at = 9223372036854775807",
                    server::MALFORMED_ID,
                ] {
                    facts::given_two_of_ada(&f.store).await;
                    let damage = format!("UPDATE {table} SET {damage} WHERE revision = 77");
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                    facts::is_swept_with_the_other(&f.store).await;
                }
            })
            .await;
        }

        #[tokio::test]
        async fn a_log_in_under_a_limit_succeeds_beside_damaged_records() {
            server::test(async |f| {
                let table = f.store.table();
                let times = facts::DAMAGES_OF_SUMMARIES.into_iter();
                let damages = times.chain([server::MALFORMED_ID, server::DAMAGED_RECORD]);
                for (damage, revision) in damages.zip(70..) {
                    facts::given_of_ada(&f.store, revision).await;
                    let damage = format!("UPDATE {table} SET {damage} WHERE revision = {revision}");
                    sqlx::query(&damage).execute(&f.pool).await.unwrap();
                }
                facts::logs_in_twice_under_a_limit(&f.store).await;
            })
            .await;
        }

        #[tokio::test]
        async fn a_second_migration_keeps_the_records() {
            server::test(async |f| {
                let record = facts::given(&f.store, 1).await;
                f.store.migrate().await.unwrap();
                assert_eq!(facts::load(&f.store, record.id).await, Some(record));
            })
            .await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn sixteen_servers_can_migrate_at_once() {
            for _ in 0..20 {
                server::test_unmigrated(async |f| {
                    let mut migrations = tokio::task::JoinSet::new();
                    for _ in 0..16 {
                        let store = f.store.clone();
                        migrations.spawn(async move { store.migrate().await });
                    }
                    while let Some(outcome) = migrations.join_next().await {
                        outcome.unwrap().unwrap();
                    }
                    facts::given(&f.store, 1).await;
                })
                .await;
            }
        }

        #[tokio::test]
        async fn a_migration_creates_a_dropped_table_again() {
            server::test(async |f| {
                let drop = format!("DROP TABLE {}", f.store.table());
                sqlx::query(&drop).execute(&f.pool).await.unwrap();
                f.store.migrate().await.unwrap();
                facts::given(&f.store, 1).await;
            })
            .await;
        }

        #[tokio::test]
        async fn a_migration_refuses_a_table_of_another_program_and_leaves_it_alone() {
            for columns in facts::FOREIGN_TABLES {
                server::test_unmigrated(async |f| {
                    let table = f.store.table();
                    let create = format!("CREATE TABLE {table} {columns}");
                    sqlx::query(&create).execute(&f.pool).await.unwrap();
                    facts::is_refused(&f.store.migrate().await, table.as_str());
                    let select = format!("SELECT * FROM {table}_schema");
                    let made_nothing = sqlx::query(&select).execute(&f.pool).await.is_err();
                    assert!(made_nothing);
                })
                .await;
            }
        }

        #[tokio::test]
        async fn a_migration_refuses_a_table_of_another_program_in_place_of_its_own() {
            server::test(async |f| {
                let table = f.store.table();
                let drop = format!("DROP TABLE {table}");
                sqlx::query(&drop).execute(&f.pool).await.unwrap();
                let create = format!("CREATE TABLE {table} (id INT, payload INT)");
                sqlx::query(&create).execute(&f.pool).await.unwrap();
                facts::is_refused(&f.store.migrate().await, table.as_str());
            })
            .await;
        }

        #[tokio::test]
        async fn a_migration_refuses_a_table_of_migrations_of_another_program() {
            server::test_unmigrated(async |f| {
                let name = format!("{}_schema", f.store.table());
                let create = format!("CREATE TABLE {name} (installed_rank INT)");
                sqlx::query(&create).execute(&f.pool).await.unwrap();
                facts::is_refused(&f.store.migrate().await, &name);
            })
            .await;
        }

        #[tokio::test]
        async fn an_operation_without_the_table_fails_and_names_it() {
            server::test_unmigrated(async |f| {
                let error = facts::failure(&f.store).await;
                assert_eq!(error.kind(), session::store::StoreErrorKind::Other);
                let printed = crate::support::printed(&error);
                assert!(printed.contains(f.store.table().as_str()), "{printed}");
                let app = session::testing::TestApp::new(f.store);
                let check = session::CheckedSessionStore::new(&app.store, &app.policy);
                let printed = crate::support::printed(&check.await.unwrap_err());
                assert!(printed.contains("Call `migrate`"), "{printed}");
            })
            .await;
        }

        #[tokio::test]
        async fn each_operation_is_one_statement() {
            server::test(async |f| {
                let before = crate::support::statements_on(f.store.table()).len();
                let count = facts::run_each_operation(&f.store).await;
                let after = crate::support::statements_on(f.store.table()).len();
                assert_eq!(after - before, count + facts::EXPLANATIONS);
            })
            .await;
        }

        #[tokio::test]
        async fn a_closed_pool_is_an_unavailable_store() {
            server::test_unmigrated(async |f| {
                f.pool.close().await;
                let error = facts::failure(&f.store).await;
                assert_eq!(error.kind(), session::store::StoreErrorKind::Unavailable);
            })
            .await;
        }

        #[tokio::test]
        async fn an_error_shows_nothing_of_a_row() {
            server::test(async |f| {
                for statement in server::refuse_all_rows(f.store.table()) {
                    sqlx::raw_sql(&statement).execute(&f.pool).await.unwrap();
                }
                facts::refuses_rows_without_showing_them(&f.store).await;
            })
            .await;
        }

        #[tokio::test]
        async fn no_random_order_of_requests_breaks_a_promise() {
            server::test(async |f| {
                schedules::search_store(f.store.clone()).await;
                let select = format!("SELECT id FROM {}", f.store.table());
                let left = sqlx::query(&select).fetch_all(&f.pool).await.unwrap();
                assert_eq!(left.len(), 0);
            })
            .await;
        }
    };
}
pub(crate) use facts;

/// Changes that make a row invalid, and the column that an error then names.
pub(crate) const DAMAGES: [(&str, &str); 6] = [
    ("created_at = 9223372036854775807", "created_at"),
    ("expires_at = -9223372036854775807", "expires_at"),
    ("authenticated_at = 300000000000000000", "authenticated_at"),
    ("previous_secret = NULL", "previous_secret"),
    ("previous_valid_until = NULL", "previous_secret"),
    ("successor = NULL", "previous_secret"),
];

/// The columns of tables of the name `sessions` that `pavex_session_sqlx` and Laravel make.
pub(crate) const FOREIGN_TABLES: [&str; 2] = [
    "(id CHAR(36) NOT NULL PRIMARY KEY, deadline BIGINT NOT NULL, state VARCHAR(9999) NOT NULL)",
    "(id VARCHAR(255) NOT NULL PRIMARY KEY, user_id BIGINT, ip_address VARCHAR(45), \
     payload VARCHAR(9999) NOT NULL, last_activity INT NOT NULL)",
];

/// Stores a complete record, whose revision is its number.
pub(crate) async fn given(store: &impl SessionStorageBackend, n: u64) -> Arc<SessionRecord> {
    let record = RecordBuilder::complete(n).revision(n as i64).build();
    _ = store.create(&record).await.unwrap();
    record
}

pub(crate) async fn load(
    store: &impl SessionStorageBackend,
    id: session::SessionId,
) -> Option<Arc<SessionRecord>> {
    store.load(id).await.unwrap()
}

/// Returns the error of a load.
pub(crate) async fn failure(store: &impl SessionStorageBackend) -> StoreError {
    store.load(id(1)).await.unwrap_err()
}

/// Asserts that a migration failed because of that table, and that its error names the remedies.
pub(crate) fn is_refused(migration: &Result<(), StoreError>, table: &str) {
    let error = migration.as_ref().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    let printed = printed(error);
    let observation = format!("the table `{table}` was not made by session_sqlx");
    for part in [&observation, "rename", "with_table", "session_sqlx.table"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

/// Asserts that an older release does not read or write the record, but lists it, extends it and
/// deletes it.
pub(crate) async fn is_left_alone(store: &impl SessionStorageBackend, record: &Arc<SessionRecord>) {
    is_invalid(store, record, "version 2").await;
    let replacement = RecordBuilder::from(record.clone()).revision(9).build();
    let outcome = store.replace(&replacement, record.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Conflict);
    let outcome = store
        .touch(record.id, &record.secret, extension())
        .await
        .unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    let owner = record.principal.as_ref().unwrap();
    assert_eq!(store.sessions_of(owner, Page::ALL).await.unwrap().len(), 1);
    assert_eq!(store.delete_all_of(owner, None).await.unwrap(), 1);
}

/// Asserts that an older release ends the record with the other sessions of its origin.
pub(crate) async fn is_ended_by_its_origin(
    store: &impl SessionStorageBackend,
    record: &SessionRecord,
) {
    let origin = &record.origin.unwrap();
    assert_eq!(store.delete_all_of_origin(origin).await.unwrap(), 1);
}

/// Asserts that the record can be ended with its secret and with no other one.
pub(crate) async fn is_deleted_by_its_secret(
    store: &impl SessionStorageBackend,
    record: &SessionRecord,
) {
    for (secret, deletes) in [([9; 32], false), (*record.secret.as_bytes(), true)] {
        let secret = SecretHash::from_bytes(secret);
        let deleted = store.delete(record.id, Some(&secret)).await.unwrap();
        assert_eq!(deleted, deletes);
    }
    assert_eq!(load(store, record.id).await, None);
}

/// Asserts that the record cannot be loaded, for that reason.
pub(crate) async fn is_invalid(
    store: &impl SessionStorageBackend,
    record: &Arc<SessionRecord>,
    reason: &str,
) {
    let error = store.load(record.id).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
    let printed = printed(&error);
    assert!(printed.contains(reason), "{printed}");
}

/// Asserts that a write fails, and that its error shows nothing of the record.
pub(crate) async fn refuses_rows_without_showing_them(store: &impl SessionStorageBackend) {
    let record = RecordBuilder::complete(7).state(r#"{"card":"4111"}"#);
    let record = record.principal("ada").label("Firefox").build();
    let error = store.create(&record).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    let printed = printed(&error);
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let id = record.id.to_string();
    for secret in ["4111", "ada", "Firefox", &hex("4111"), &hex("ada"), &id] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

/// Makes each connection read-only that a pool opens at first, as a failover does with those to the
/// former primary server. Evaluates to options of a pool, with that number of connections.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! pool_from_before_a_failover {
    ($PoolOptions:ty, $connections:expr, $read_only:expr) => {{
        let before = std::sync::atomic::AtomicU32::new($connections);
        let options = <$PoolOptions>::new().max_connections($connections);
        options.after_connect(move |connection, _| {
            let left = before.load(std::sync::atomic::Ordering::SeqCst);
            before.store(left.saturating_sub(1), std::sync::atomic::Ordering::SeqCst);
            Box::pin(async move {
                if left > 0 {
                    sqlx::Executor::execute(connection, $read_only).await?;
                }
                Ok(())
            })
        })
    }};
}
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use pool_from_before_a_failover;

/// Asserts that a write fails once on each read-only connection at most, of this number.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) async fn writes_fail_once_on(connections: usize, store: &impl SessionStorageBackend) {
    let mut failed = 0;
    for n in 0..20 {
        if let Err(error) = store.create(&RecordBuilder::new(n).build()).await {
            assert_eq!(error.kind(), StoreErrorKind::Unavailable);
            failed += 1;
        }
    }
    assert!(
        (1..=connections).contains(&failed),
        "{failed} writes failed"
    );
}

/// Asserts that a migration failed because nothing can be written, and that its error names the
/// remedies.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn is_refused_as_read_only(migration: &Result<(), StoreError>) {
    let error = migration.as_ref().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let printed = printed(error);
    for part in ["read-only", "connect to the primary server"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

/// Returns the answers to all operations in a store that nothing else uses. They must not depend on
/// the settings of a connection, e.g. its time zone.
pub(crate) async fn observations(store: &impl SessionStorageBackend) -> Vec<String> {
    let mut seen = Vec::new();
    for n in 1..=3 {
        // Around the end of March 2100, when clocks change in many places.
        let deadline = after(7_600_000 + 1_800 * n as i64) + time::Duration::microseconds(n as i64);
        let record = RecordBuilder::complete(n).principal("ada");
        _ = store.create(&record.expires_at(deadline).build()).await;
        seen.push(format!("{:?}", load(store, id(n)).await));
    }
    let secret = RecordBuilder::complete(1).build().secret;
    let touched = store.touch(id(1), &secret, extension()).await.unwrap();
    let replacement = RecordBuilder::complete(2).principal("ada").revision(2);
    let replaced = store.replace(&replacement.build(), Revision::FIRST).await;
    seen.push(format!("{touched:?} {:?}", replaced.unwrap()));
    seen.push(format!(
        "{:?}",
        store.sessions_of(&principal("ada"), Page::ALL).await
    ));
    let third = load(store, id(3)).await.unwrap().expires_at;
    for before in [third - time::Duration::MICROSECOND, third] {
        let deleted = store.delete_expired(before, NonZeroU32::MAX).await.unwrap();
        seen.push(format!("{deleted} deleted"));
    }
    let deleted = store.delete_all_of(&principal("ada"), Some(id(2))).await;
    seen.push(format!("{} deleted", deleted.unwrap()));
    let walk = store.delete_created_until(after(3_600), NonZeroU32::MAX, None);
    seen.push(format!("{:?}", walk.await.unwrap()));
    store.delete(id(2), None).await.unwrap();
    seen.push(format!("{:?}", load(store, id(2)).await));
    seen
}

/// The number of statements that find the reason why another one did nothing, during
/// [`run_each_operation`].
pub(crate) const EXPLANATIONS: usize = 2;

/// Runs each operation, and returns their number.
pub(crate) async fn run_each_operation(store: &impl SessionStorageBackend) -> usize {
    let record = RecordBuilder::complete(50).principal("bob").build();
    let newer = RecordBuilder::from(record.clone()).revision(99).build();
    _ = store.create(&record).await.unwrap();
    _ = store.create(&record).await.unwrap();
    _ = store.load(record.id).await.unwrap();
    _ = store.replace(&newer, record.revision).await.unwrap();
    _ = store.replace(&newer, record.revision).await.unwrap();
    let gone = RecordBuilder::from(newer).id(id(51)).build();
    _ = store.replace(&gone, record.revision).await.unwrap();
    _ = store
        .touch(record.id, &record.secret, extension())
        .await
        .unwrap();
    _ = store
        .sessions_of(&principal("bob"), Page::ALL)
        .await
        .unwrap();
    _ = store
        .delete_expired(after(1), NonZeroU32::MAX)
        .await
        .unwrap();
    _ = store.delete_all_of(&principal("bob"), None).await.unwrap();
    let origin = &record.origin.unwrap();
    _ = store.delete_all_of_origin(origin).await.unwrap();
    store.delete(record.id, None).await.unwrap();
    12
}

/// Creates, changes, reads and deletes the record with that number.
#[cfg(feature = "postgres")]
pub(crate) async fn run_a_life(store: &impl SessionStorageBackend, n: u64) {
    let record = RecordBuilder::complete(n).build();
    _ = store.create(&record).await.unwrap();
    let newer = RecordBuilder::from(record.clone()).revision(99).build();
    let replaced = store.replace(&newer, record.revision).await.unwrap();
    assert_eq!(replaced, ReplaceOutcome::Replaced);
    assert_eq!(load(store, record.id).await, Some(newer));
    assert!(store.delete(record.id, None).await.unwrap());
}

/// The statements of a store that use an index, as the driver logs them.
pub(crate) struct Statements {
    pub(crate) load: String,
    #[cfg_attr(
        feature = "postgres",
        allow(dead_code, reason = "for the other databases")
    )]
    pub(crate) replace: String,
    #[cfg_attr(
        feature = "postgres",
        allow(dead_code, reason = "for the other databases")
    )]
    pub(crate) touch: String,
    pub(crate) delete_expired: String,
    pub(crate) sessions_of: String,
    pub(crate) delete_all_of: String,
    pub(crate) delete_all_of_origin: String,
}

/// Runs each of these statements once. The store is empty afterwards, if it was before.
pub(crate) async fn statements(
    store: &impl SessionStorageBackend,
    table: &TableName,
) -> Statements {
    // From here on, statements are logged.
    statements_on(table);
    let record = given(store, 1).await;
    let newer = RecordBuilder::from(record.clone()).revision(2).build();
    let bob = &principal("bob");
    Statements {
        load: logged(table, store.load(record.id)).await,
        replace: logged(table, store.replace(&newer, record.revision)).await,
        touch: logged(table, store.touch(record.id, &record.secret, extension())).await,
        sessions_of: logged(table, store.sessions_of(bob, Page::ALL)).await,
        delete_all_of: logged(table, store.delete_all_of(bob, None)).await,
        delete_all_of_origin: {
            let unknown = &OriginHash::from_bytes([0; 16]);
            logged(table, store.delete_all_of_origin(unknown)).await
        },
        delete_expired: {
            let latest = extension().expires_at;
            logged(table, store.delete_expired(latest, NonZeroU32::MAX)).await
        },
    }
}

/// Returns the one statement that an operation runs.
async fn logged<T>(
    table: &TableName,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> String {
    let before = statements_on(table).len();
    operation.await.map(drop).unwrap();
    // A thread of its own runs the statements of SQLite, and may log one a moment later.
    let logged = async {
        loop {
            match &statements_on(table)[before..] {
                [] => tokio::task::yield_now().await,
                [statement] => return statement.clone(),
                statements => panic!("one operation ran {statements:#?}"),
            }
        }
    };
    let logged = tokio::time::timeout(Duration::from_secs(60), logged).await;
    logged.expect("the driver logs each statement")
}

fn extension() -> Extension {
    Extension {
        last_active_at: after(70),
        expires_at: after(700_000_000),
    }
}

/// Changes that damage the summary of a record. The first one is a time beyond the calendar.
pub(crate) const DAMAGES_OF_SUMMARIES: [&str; 2] = [
    "expires_at = 9223372036854775807",
    "created_at = 9223372036854775807",
];

/// Returns the ids of the sessions with these numbers.
pub(crate) fn ids<const N: usize>(numbers: [u64; N]) -> [SessionId; N] {
    numbers.map(id)
}

/// Returns the ids that a walk with steps of this size returns as readable, and the others.
pub(crate) async fn walked(
    store: &impl SessionStorageBackend,
    batch: u32,
) -> (Vec<SessionId>, Vec<SessionId>) {
    let batch = NonZeroU32::new(batch).unwrap();
    let (mut sessions, mut unreadable, mut from) = (vec![], vec![], None);
    loop {
        let step = store.all_sessions(batch, from.as_ref()).await.unwrap();
        sessions.extend(step.sessions.into_iter().map(|summary| summary.id));
        unreadable.extend(step.unreadable);
        from = step.next;
        if from.is_none() {
            sessions.sort();
            unreadable.sort();
            return (sessions, unreadable);
        }
    }
}

/// Creates a session of `ada`, whose revision is its number.
pub(crate) async fn given_of_ada(store: &impl SessionStorageBackend, n: u64) -> Arc<SessionRecord> {
    let record = RecordBuilder::new(n).revision(n as i64).principal("ada");
    let record = record.build();
    _ = store.create(&record).await.unwrap();
    record
}

/// Creates two sessions of `ada`, the first of which has the revision 77.
pub(crate) async fn given_two_of_ada(
    store: &impl SessionStorageBackend,
) -> [Arc<SessionRecord>; 2] {
    [given_of_ada(store, 77).await, given_of_ada(store, 78).await]
}

/// Asserts that only the second record is listed, and that the end of all sessions ends both.
pub(crate) async fn is_listed_alone(
    store: &impl SessionStorageBackend,
    records: &[Arc<SessionRecord>; 2],
) {
    let ada = &principal("ada");
    let listed = store.sessions_of(ada, Page::ALL).await.unwrap();
    assert_eq!(listed, [records[1].summary()]);
    assert_eq!(store.delete_all_of(ada, None).await.unwrap(), 2);
}

/// Asserts that the end of all sessions but the second one ends the first.
pub(crate) async fn is_ended_with_the_others(
    store: &impl SessionStorageBackend,
    records: &[Arc<SessionRecord>; 2],
) {
    let (ada, second) = (&principal("ada"), records[1].id);
    assert_eq!(store.delete_all_of(ada, Some(second)).await.unwrap(), 1);
    assert!(store.delete(second, None).await.unwrap());
}

/// Asserts that the sweeper deletes both records once they have expired.
pub(crate) async fn is_swept_with_the_other(store: &impl SessionStorageBackend) {
    let latest = extension().expires_at;
    let deleted = store.delete_expired(latest, NonZeroU32::MAX).await;
    assert_eq!(deleted.unwrap(), 2);
}

/// Asserts that `ada` can log in twice with a limit of one session, and that one is left.
pub(crate) async fn logs_in_twice_under_a_limit<S>(store: &S)
where
    S: SessionStorageBackend + Clone,
    session::SessionStore: From<S>,
{
    let mut config = session::SessionConfig::default();
    config.log_in.max_sessions_per_principal = NonZeroUsize::new(1);
    let app = TestApp::with_config(store.clone(), &config).unwrap();
    for _ in 0..2 {
        // The later log-in ends the earlier one.
        app.clock.advance(Duration::from_secs(1));
        let mut browser = app.browser();
        let mut session = browser.request();
        session.log_in(principal("ada")).await.unwrap();
        browser.respond(session).await.unwrap();
        let user = browser.request().principal().await.unwrap();
        assert_eq!(user, Some(principal("ada")));
    }
    let listed = store
        .sessions_of(&principal("ada"), Page::ALL)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
}
