//! Facts that hold on each database. The macro makes tests of them, with the `test` function of the
//! database's module `server`.

use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{
    Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend, StoreError,
    StoreErrorKind, TouchOutcome,
};
use session_conformance::{RecordBuilder, after, id, principal};

macro_rules! facts {
    () => {
        #[tokio::test]
        async fn a_record_of_a_newer_version_is_no_session() {
            server::test(async |f| {
                let record = facts::given(&f.store, 1).await;
                let newer = format!("UPDATE {} SET version = 2", f.store.table());
                sqlx::query(&newer).execute(&f.pool).await.unwrap();
                facts::is_left_alone(&f.store, &record).await;
            })
            .await;
        }

        #[tokio::test]
        async fn a_damaged_record_is_invalid() {
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
        async fn a_migration_that_was_run_is_not_run_again() {
            server::test(async |f| {
                let record = facts::given(&f.store, 1).await;
                f.store.migrate().await.unwrap();
                assert_eq!(facts::load(&f.store, record.id).await, Some(record));
            })
            .await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn sixteen_servers_may_migrate_at_once() {
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
        async fn a_store_without_its_table_fails_and_says_why() {
            server::test_unmigrated(async |f| {
                let error = facts::failure(&f.store).await;
                assert_eq!(error.kind(), session::store::StoreErrorKind::Other);
                let printed = crate::support::printed(&error);
                assert!(printed.contains(f.store.table().as_str()), "{printed}");
            })
            .await;
        }

        #[tokio::test]
        async fn each_operation_is_one_statement() {
            server::test(async |f| {
                let before = crate::support::statements_on(f.store.table());
                let count = facts::one_of_each_operation(&f.store).await;
                let after = crate::support::statements_on(f.store.table());
                assert_eq!(after - before, count + server::EXPLANATIONS);
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
        async fn nothing_of_a_row_is_in_an_error() {
            server::test(async |f| {
                for statement in server::refuse_all_rows(f.store.table()) {
                    sqlx::raw_sql(&statement).execute(&f.pool).await.unwrap();
                }
                facts::refused_without_a_word(&f.store).await;
            })
            .await;
        }
    };
}
pub(crate) use facts;

/// What makes a row invalid, and the field that an error then names.
pub(crate) const DAMAGES: [(&str, &str); 6] = [
    ("created_at = 9223372036854775807", "created_at"),
    ("expires_at = -9223372036854775807", "expires_at"),
    ("authenticated_at = 300000000000000000", "authenticated_at"),
    ("previous_secret = NULL", "previous_secret"),
    ("previous_valid_until = NULL", "previous_secret"),
    ("successor = NULL", "previous_secret"),
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

/// How loading fails.
pub(crate) async fn failure(store: &impl SessionStorageBackend) -> StoreError {
    store.load(id(1)).await.unwrap_err()
}

/// An older release does not read or write the record, but lists it, extends it and deletes it.
pub(crate) async fn is_left_alone(store: &impl SessionStorageBackend, record: &Arc<SessionRecord>) {
    is_invalid(store, record, "version 2").await;
    let replacement = RecordBuilder::from(record.clone()).revision(9).build();
    let outcome = store.replace(&replacement, record.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Conflict);
    let outcome = store.touch(record.id, extension()).await.unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    let owner = record.principal.as_ref().unwrap();
    assert_eq!(store.sessions_of(owner).await.unwrap().len(), 1);
    assert_eq!(store.delete_all_of(owner, None).await.unwrap(), 1);
}

/// The record cannot be loaded, and the error says why.
pub(crate) async fn is_invalid(
    store: &impl SessionStorageBackend,
    record: &Arc<SessionRecord>,
    reason: &str,
) {
    let error = store.load(record.id).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
    let printed = crate::support::printed(&error);
    assert!(printed.contains(reason), "{printed}");
}

/// Every write fails, and no error shows anything of the record.
pub(crate) async fn refused_without_a_word(store: &impl SessionStorageBackend) {
    let record = RecordBuilder::complete(7).state(r#"{"card":"4111"}"#);
    let record = record.principal("ada").label("Firefox").build();
    let error = store.create(&record).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    let printed = crate::support::printed(&error);
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let id = record.id.to_string();
    for secret in ["4111", "ada", "Firefox", &hex("4111"), &hex("ada"), &id] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

/// What every operation answers in a store where nobody else is at work. It must not depend on
/// settings of a connection, e.g. its time zone.
pub(crate) async fn observations(store: &impl SessionStorageBackend) -> Vec<String> {
    let mut seen = Vec::new();
    for n in 1..=3 {
        // Around the end of March 2100, when clocks change in many places.
        let deadline = after(7_600_000 + 1_800 * n as i64) + time::Duration::microseconds(n as i64);
        let record = RecordBuilder::complete(n).principal("ada");
        _ = store.create(&record.expires_at(deadline).build()).await;
        seen.push(format!("{:?}", load(store, id(n)).await));
    }
    let touched = store.touch(id(1), extension()).await.unwrap();
    let replacement = RecordBuilder::complete(2).principal("ada").revision(2);
    let replaced = store.replace(&replacement.build(), Revision::FIRST).await;
    seen.push(format!("{touched:?} {:?}", replaced.unwrap()));
    seen.push(format!("{:?}", store.sessions_of(&principal("ada")).await));
    let third = load(store, id(3)).await.unwrap().expires_at;
    for before in [third - time::Duration::MICROSECOND, third] {
        let deleted = store.delete_expired(before, NonZeroU32::MAX).await.unwrap();
        seen.push(format!("{deleted} deleted"));
    }
    let deleted = store.delete_all_of(&principal("ada"), Some(id(2))).await;
    seen.push(format!("{} deleted", deleted.unwrap()));
    store.delete(id(2)).await.unwrap();
    seen.push(format!("{:?}", load(store, id(2)).await));
    seen
}

/// Returns how many operations it ran.
pub(crate) async fn one_of_each_operation(store: &impl SessionStorageBackend) -> usize {
    let record = RecordBuilder::complete(50).principal("bob").build();
    let newer = RecordBuilder::from(record.clone()).revision(99).build();
    _ = store.create(&record).await.unwrap();
    _ = store.create(&record).await.unwrap();
    _ = store.load(record.id).await.unwrap();
    _ = store.replace(&newer, record.revision).await.unwrap();
    _ = store.replace(&newer, record.revision).await.unwrap();
    let gone = RecordBuilder::from(newer).id(id(51)).build();
    _ = store.replace(&gone, record.revision).await.unwrap();
    _ = store.touch(record.id, extension()).await.unwrap();
    _ = store.sessions_of(&principal("bob")).await.unwrap();
    _ = store
        .delete_expired(after(1), NonZeroU32::MAX)
        .await
        .unwrap();
    _ = store.delete_all_of(&principal("bob"), None).await.unwrap();
    store.delete(record.id).await.unwrap();
    11
}

fn extension() -> Extension {
    Extension {
        last_active_at: after(70),
        expires_at: after(700_000_000),
    }
}
