//! What is seen of the store from outside.

use session::store::SessionStorageBackend;
use session_conformance::{RecordBuilder, StoreUnderTest};
use session_memory::InMemorySessionStore;

#[tokio::test]
async fn the_debug_form_shows_how_many_and_nothing_else() {
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
async fn a_clone_is_the_same_store() {
    let store = InMemorySessionStore::default();
    let clone = StoreUnderTest::new(store.clone());
    let record = clone.given(RecordBuilder::new(1)).await;
    assert_eq!(store.load(record.id).await.unwrap(), Some(record));
}
