//! `Clone` and `Debug` of the store.

use session::store::SessionStorageBackend;
use session_conformance::{RecordBuilder, StoreUnderTest};
use session_memory::InMemorySessionStore;

#[tokio::test]
async fn the_debug_output_shows_the_number_of_sessions_and_nothing_else() {
    let store = InMemorySessionStore::new();
    let record = RecordBuilder::complete(1)
        .state(r#"{"card":"4111"}"#)
        .build();
    _ = store.create(&record).await.unwrap();
    assert_eq!(format!("{store:?}"), "InMemorySessionStore { len: 1, .. }");
    assert_eq!(
        format!("{:?}", session::SessionStore::from(store))
            .matches("4111")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_clone_refers_to_the_same_records() {
    let store = InMemorySessionStore::default();
    let clone = StoreUnderTest::new(store.clone());
    let record = clone.given(RecordBuilder::new(1)).await;
    assert_eq!(store.load(record.id).await.unwrap(), Some(record));
}
