//! The limit on the number of sessions, `max_sessions`.

use std::sync::Arc;
use std::time::Duration;

use session::Clock;
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
    StoreError, StoreErrorKind, TouchOutcome,
};
use session::testing::ManualClock;
use session_conformance::{RecordBuilder, StoreUnderTest, id};
use session_memory::InMemorySessionStore;
use time::UtcDateTime;

async fn create(
    store: &InMemorySessionStore,
    record: &Arc<SessionRecord>,
) -> Result<CreateOutcome, StoreErrorKind> {
    store
        .create(record)
        .await
        .map_err(|error: StoreError| error.kind())
}

/// A record with a principal.
fn record(n: u64) -> Arc<SessionRecord> {
    RecordBuilder::new(n).principal("ada").build()
}

fn anonymous(n: u64, deadline: UtcDateTime) -> Arc<SessionRecord> {
    RecordBuilder::new(n).expires_at(deadline).build()
}

#[tokio::test]
async fn a_store_full_of_sessions_with_a_principal_refuses_new_ones() {
    let store = InMemorySessionStore::builder().max_sessions(3).build();
    for n in 0..3 {
        assert_eq!(create(&store, &record(n)).await, Ok(CreateOutcome::Created));
    }
    assert_eq!(create(&store, &record(3)).await, Err(StoreErrorKind::Full));
    assert_eq!(store.len(), 3);
}

#[tokio::test]
async fn a_full_store_keeps_its_live_sessions_with_a_principal() {
    let store = InMemorySessionStore::builder().max_sessions(2).build();
    let under_test = StoreUnderTest::new(store.clone());
    let records = [record(1), record(2)];
    for record in &records {
        under_test.given(record.clone()).await;
    }
    for n in 10..20 {
        assert_eq!(create(&store, &record(n)).await, Err(StoreErrorKind::Full));
    }
    for record in &records {
        under_test
            .holds("live sessions are never evicted", record)
            .await;
    }
}

#[tokio::test]
async fn a_full_store_removes_the_anonymous_session_that_expires_first() {
    let store = InMemorySessionStore::builder().max_sessions(20).build();
    let later = |hours: u64| Clock::system().now() + Duration::from_secs(hours * 60 * 60);
    _ = create(&store, &record(99)).await.unwrap();
    for n in 1..20 {
        _ = create(&store, &anonymous(n, later(30 - n))).await.unwrap();
    }
    // The session that would go first is used, and the next one belongs to somebody from now on.
    let extension = Extension {
        last_active_at: later(0),
        expires_at: later(40),
    };
    let touched = anonymous(19, later(11));
    let touched = store.touch(id(19), &touched.secret, extension).await;
    assert_eq!(touched.unwrap(), TouchOutcome::Touched);
    let replaced = store.replace(&record(18), Revision::FIRST).await;
    assert_eq!(replaced.unwrap(), ReplaceOutcome::Replaced);

    for n in (1..18).rev().chain([19]) {
        let newcomer = record(100 + n);
        let created = create(&store, &newcomer).await;
        assert_eq!(created, Ok(CreateOutcome::Created), "{n}");
        assert_eq!(store.load(id(n)).await.unwrap(), None, "{n}");
        assert_eq!(store.len(), 20);
    }
    assert_eq!(
        create(&store, &record(200)).await,
        Err(StoreErrorKind::Full)
    );
    assert!(store.load(id(18)).await.unwrap().is_some());
    assert!(store.load(id(99)).await.unwrap().is_some());
}

#[tokio::test]
async fn an_anonymous_newcomer_ends_no_session_with_a_principal() {
    let store = InMemorySessionStore::builder().max_sessions(2).build();
    _ = create(&store, &record(1)).await.unwrap();
    let soon = Clock::system().now() + Duration::from_secs(60);
    for n in 2..9 {
        let newcomer = anonymous(n, soon);
        assert_eq!(create(&store, &newcomer).await, Ok(CreateOutcome::Created));
    }
    assert!(store.load(id(1)).await.unwrap().is_some());
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_full_store_reports_a_known_id_as_a_duplicate() {
    let store = InMemorySessionStore::builder().max_sessions(1).build();
    assert_eq!(create(&store, &record(1)).await, Ok(CreateOutcome::Created));
    assert_eq!(
        create(&store, &record(1)).await,
        Ok(CreateOutcome::DuplicateId)
    );
}

#[tokio::test]
async fn a_store_with_a_limit_of_zero_refuses_every_session() {
    let store = InMemorySessionStore::builder().max_sessions(0).build();
    assert_eq!(create(&store, &record(1)).await, Err(StoreErrorKind::Full));
    assert!(store.is_empty());
}

#[tokio::test]
async fn expired_sessions_make_room_in_a_full_store() {
    let clock = ManualClock::new();
    let store = InMemorySessionStore::builder()
        .max_sessions(2)
        .clock(clock.clone())
        .build();
    let soon = clock.now() + Duration::from_secs(60);
    let expiring = RecordBuilder::new(1)
        .principal("ada")
        .expires_at(soon)
        .build();
    assert_eq!(create(&store, &expiring).await, Ok(CreateOutcome::Created));
    assert_eq!(create(&store, &record(2)).await, Ok(CreateOutcome::Created));
    assert_eq!(create(&store, &record(3)).await, Err(StoreErrorKind::Full));
    clock.advance(Duration::from_secs(60));
    assert_eq!(create(&store, &record(3)).await, Ok(CreateOutcome::Created));
    assert_eq!(store.load(id(1)).await.unwrap(), None);
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn removed_sessions_make_room_in_a_full_store() {
    let store = InMemorySessionStore::builder().max_sessions(1).build();
    let owned = RecordBuilder::new(1).principal("ada").origin(Some([7; 16]));
    let owned = owned.build();
    let origin = owned.origin.unwrap();
    let principal = owned.principal.clone().unwrap();
    for way in 0..4 {
        assert_eq!(
            create(&store, &owned).await,
            Ok(CreateOutcome::Created),
            "{way}"
        );
        match way {
            0 => assert!(store.delete(owned.id, None).await.unwrap()),
            1 => assert_eq!(store.delete_all_of(&principal, None).await.unwrap(), 1),
            2 => assert_eq!(store.delete_all_of_origin(&origin).await.unwrap(), 1),
            _ => {
                let removed = store.delete_expired(owned.expires_at, 9.try_into().unwrap());
                assert_eq!(removed.await.unwrap(), 1);
            }
        }
        assert_eq!(store.len(), 0, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_creations_do_not_exceed_the_limit() {
    let store = InMemorySessionStore::builder().max_sessions(50).build();
    let creators: Vec<_> = (0..8_u64)
        .map(|creator| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut created = 0;
                for n in 0..50 {
                    let outcome = create(&store, &record(creator * 50 + n)).await;
                    created += u64::from(outcome == Ok(CreateOutcome::Created));
                }
                created
            })
        })
        .collect();
    let mut created = 0;
    for creator in creators {
        created += creator.await.unwrap();
    }
    assert_eq!((created, store.len()), (50, 50));
}
