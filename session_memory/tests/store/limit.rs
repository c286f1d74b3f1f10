//! The limit on the number of sessions, `max_sessions`.

use std::sync::Arc;
use std::time::Duration;

use session::store::{
    CreateOutcome, SessionRecord, SessionStorageBackend, StoreError, StoreErrorKind,
};
use session::testing::ManualClock;
use session_conformance::{RecordBuilder, StoreUnderTest, id};
use session_memory::InMemorySessionStore;

async fn create(
    store: &InMemorySessionStore,
    record: &Arc<SessionRecord>,
) -> Result<CreateOutcome, StoreErrorKind> {
    store
        .create(record)
        .await
        .map_err(|error: StoreError| error.kind())
}

fn record(n: u64) -> Arc<SessionRecord> {
    RecordBuilder::new(n).build()
}

#[tokio::test]
async fn a_full_store_refuses_new_sessions() {
    let store = InMemorySessionStore::builder().max_sessions(3).build();
    for n in 0..3 {
        assert_eq!(create(&store, &record(n)).await, Ok(CreateOutcome::Created));
    }
    assert_eq!(create(&store, &record(3)).await, Err(StoreErrorKind::Full));
    assert_eq!(store.len(), 3);
}

#[tokio::test]
async fn a_full_store_keeps_its_live_sessions() {
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
    let expiring = RecordBuilder::new(1).expires_at(soon).build();
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
    let owned = RecordBuilder::new(1).principal("ada").build();
    let principal = owned.principal.clone().unwrap();
    for way in 0..3 {
        assert_eq!(
            create(&store, &owned).await,
            Ok(CreateOutcome::Created),
            "{way}"
        );
        match way {
            0 => assert!(store.delete(owned.id, None).await.unwrap()),
            1 => assert_eq!(store.delete_all_of(&principal, None).await.unwrap(), 1),
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
