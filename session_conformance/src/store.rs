use std::error::Error;
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
    SessionSummary, StoreError, TouchOutcome,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

use crate::expect::{expect, expect_record};
use crate::record::principal;

/// The store that a rule is about. A clone refers to the same store.
///
/// Its methods are those of the backend; a store error is a broken promise, and panics.
///
/// # Example
///
/// ```
/// use session_conformance::{RecordBuilder, StoreUnderTest, after};
/// use session_memory::InMemorySessionStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let store = StoreUnderTest::new(InMemorySessionStore::new());
/// let record = store.given(RecordBuilder::new(1).expires_at(after(60))).await;
/// store.holds("the store keeps the record", &record).await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StoreUnderTest(Arc<dyn SessionStorageBackend>);

impl StoreUnderTest {
    /// Takes a fresh, empty store.
    pub fn new(backend: impl SessionStorageBackend) -> Self {
        Self(Arc::new(backend))
    }

    /// The backend itself.
    pub fn backend(&self) -> Arc<dyn SessionStorageBackend> {
        self.0.clone()
    }

    /// See [`SessionStorageBackend::create`].
    pub async fn create(&self, record: &Arc<SessionRecord>) -> CreateOutcome {
        no_error("create", self.0.create(record).await)
    }

    /// See [`SessionStorageBackend::load`].
    pub async fn load(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        no_error("load", self.0.load(id).await)
    }

    /// See [`SessionStorageBackend::replace`].
    pub async fn replace(&self, record: &Arc<SessionRecord>, expected: Revision) -> ReplaceOutcome {
        no_error("replace", self.0.replace(record, expected).await)
    }

    /// See [`SessionStorageBackend::touch`].
    pub async fn touch(&self, id: SessionId, extension: Extension) -> TouchOutcome {
        no_error("touch", self.0.touch(id, extension).await)
    }

    /// See [`SessionStorageBackend::delete`].
    pub async fn delete(&self, id: SessionId) {
        no_error("delete", self.0.delete(id).await);
    }

    /// See [`SessionStorageBackend::delete_expired`].
    ///
    /// # Panics
    ///
    /// If `batch` is zero.
    pub async fn delete_expired(&self, before: UtcDateTime, batch: u32) -> u64 {
        let batch = NonZeroU32::new(batch).expect("a batch is not empty");
        no_error("delete_expired", self.0.delete_expired(before, batch).await)
    }

    /// See [`SessionStorageBackend::sessions_of`].
    pub async fn sessions_of(&self, owner: &Principal) -> Vec<SessionSummary> {
        no_error("sessions_of", self.0.sessions_of(owner).await)
    }

    /// See [`SessionStorageBackend::delete_all_of`].
    pub async fn delete_all_of(&self, owner: &Principal, except: Option<SessionId>) -> u64 {
        no_error("delete_all_of", self.0.delete_all_of(owner, except).await)
    }

    /// Creates the record, which must succeed, and returns it.
    pub async fn given(&self, record: impl Into<Arc<SessionRecord>>) -> Arc<SessionRecord> {
        let record = record.into();
        let outcome = self.create(&record).await;
        let promise = "`create` inserts a record under a new id";
        expect(promise, CreateOutcome::Created, outcome);
        record
    }

    /// Requires that the store has that very record.
    pub async fn holds(&self, promise: &str, record: &Arc<SessionRecord>) {
        let actual = self.load(record.id).await;
        expect_record(promise, Some(record), actual.as_ref());
    }

    /// Requires that the store has no record under that id.
    pub async fn holds_nothing(&self, promise: &str, id: SessionId) {
        expect_record(promise, None, self.load(id).await.as_ref());
    }

    /// The ids of all sessions of a principal, as the store orders them.
    pub(crate) async fn ids_of(&self, name: &str) -> Vec<SessionId> {
        let summaries = self.sessions_of(&principal(name)).await;
        summaries.into_iter().map(|summary| summary.id).collect()
    }
}

impl From<crate::RecordBuilder> for Arc<SessionRecord> {
    fn from(builder: crate::RecordBuilder) -> Self {
        builder.build()
    }
}

#[track_caller]
fn no_error<T>(operation: &str, outcome: Result<T, StoreError>) -> T {
    outcome.unwrap_or_else(|error| {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            _ = write!(message, ": {error}");
            cause = error.source();
        }
        panic!(
            "broken promise: `{operation}` succeeds\n  expected: no error\n  actual:   {message}\n"
        );
    })
}
