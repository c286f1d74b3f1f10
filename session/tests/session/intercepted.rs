//! Backends whose operations pass through an interceptor.

use std::error::Error;
use std::sync::{Arc, Mutex};

use session::store::{
    Extension, OriginHash, Page, Principal, SessionRecord, SessionStorageBackend, StoreError,
    StoreErrorKind,
};
use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp};
use session_memory::InMemorySessionStore;

use crate::support::browser_with_session;

/// Logs the names of operations and passes the operations on.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

#[async_trait::async_trait]
impl Interceptor for Log {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        self.0.lock().unwrap().push(operation.name());
        operation.run(store).await
    }
}

/// Creates the record of a member through the store, and returns it.
async fn created(store: &Intercepted<Log>, ada: &Principal) -> Arc<SessionRecord> {
    let mut browser = TestApp::new(session::SessionStore::new(store.clone())).browser();
    let mut session = browser.request();
    session.log_in(ada.clone()).await.unwrap();
    browser.respond(session).await.unwrap();
    let [summary] = &*store.sessions_of(ada, Page::ALL).await.unwrap() else {
        panic!("the session is not listed");
    };
    store.load(summary.id).await.unwrap().unwrap()
}

/// Changes the record through the store, and deletes it.
async fn change_and_delete(store: &Intercepted<Log>, record: &Arc<SessionRecord>) {
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: record.expires_at,
    };
    let touched = store.touch(record.id, &record.secret, extension);
    _ = touched.await.unwrap();
    _ = store.replace(record, record.revision).await.unwrap();
    store.delete(record.id, None).await.unwrap();
}

#[tokio::test]
async fn each_operation_passes_through_the_interceptor_and_reaches_the_store() {
    let memory = InMemorySessionStore::new();
    browser_with_session(&TestApp::new(memory.clone())).await;
    let log = Log::default();
    let store = Intercepted::new(Arc::new(memory.clone()), log.clone());
    let ada = Principal::new("ada").unwrap();
    let record = created(&store, &ada).await;
    assert_eq!(memory.len(), 2);
    change_and_delete(&store, &record).await;
    assert_eq!(memory.len(), 1);
    assert_eq!(store.delete_all_of(&ada, None).await.unwrap(), 0);
    let origin = OriginHash::new("https://id.example", "1");
    assert_eq!(store.delete_all_of_origin(&origin).await.unwrap(), 0);
    let tomorrow = record.expires_at + time::Duration::DAY;
    let removed = store.delete_expired(tomorrow, 9.try_into().unwrap());
    assert_eq!((removed.await.unwrap(), memory.len()), (1, 0));
    let step = store.all_sessions(9.try_into().unwrap(), None);
    assert_eq!(step.await.unwrap().sessions, []);
    let step = store.delete_created_until(tomorrow, 9.try_into().unwrap(), None);
    assert_eq!(step.await.unwrap().deleted, 0);
    let expected = [
        "create",
        "sessions_of",
        "load",
        "touch",
        "replace",
        "delete",
        "delete_all_of",
        "delete_all_of_origin",
        "delete_expired",
        "all_sessions",
        "delete_created_until",
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}

/// Answers every operation with the answer to a deletion.
#[derive(Debug)]
struct Confused;

#[async_trait::async_trait]
impl Interceptor for Confused {
    async fn intercept(
        &self,
        _: Operation<'_>,
        _: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        Ok(Answer::Delete(false))
    }
}

#[tokio::test]
async fn an_operation_fails_if_the_interceptor_answers_another_one() {
    let store = Intercepted::new(Arc::new(InMemorySessionStore::new()), Confused);
    let ada = Principal::new("ada").unwrap();
    let error = store.sessions_of(&ada, Page::ALL).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    assert_eq!(
        error.source().unwrap().to_string(),
        "the interceptor answered `sessions_of` with the answer to another operation"
    );
}
