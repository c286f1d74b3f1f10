use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{
    CreateOutcome, DeletionStep, Extension, OriginHash, Page, ReplaceOutcome, Revision, SecretHash,
    SessionRecord, SessionStorageBackend, SessionSummary, SessionsStep, TouchOutcome, WalkCursor,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

use crate::expect::{expect, expect_record, no_error};
use crate::record::{RecordBuilder, principal};

/// The store that a rule is tested against. A clone refers to the same store.
///
/// It has the methods of the backend; they panic if the backend returns an error, because an error
/// breaks a promise.
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
    /// Wraps a backend, which must be empty.
    pub fn new(backend: impl SessionStorageBackend) -> Self {
        Self(Arc::new(backend))
    }

    /// Returns the backend itself.
    pub fn backend(&self) -> Arc<dyn SessionStorageBackend> {
        self.0.clone()
    }

    /// Calls [`SessionStorageBackend::create`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn create(&self, record: &Arc<SessionRecord>) -> CreateOutcome {
        no_error("`create` succeeds", self.0.create(record).await)
    }

    /// Calls [`SessionStorageBackend::load`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn load(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        no_error("`load` succeeds", self.0.load(id).await)
    }

    /// Calls [`SessionStorageBackend::replace`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn replace(&self, record: &Arc<SessionRecord>, expected: Revision) -> ReplaceOutcome {
        no_error("`replace` succeeds", self.0.replace(record, expected).await)
    }

    /// Calls [`SessionStorageBackend::touch`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> TouchOutcome {
        let outcome = self.0.touch(id, expected, extension).await;
        no_error("`touch` succeeds", outcome)
    }

    /// Calls [`SessionStorageBackend::delete`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn delete(&self, id: SessionId, expected: Option<&SecretHash>) -> bool {
        no_error("`delete` succeeds", self.0.delete(id, expected).await)
    }

    /// Calls [`SessionStorageBackend::delete_expired`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error, or `batch` is zero.
    pub async fn delete_expired(&self, before: UtcDateTime, batch: u32) -> u64 {
        let batch = NonZeroU32::new(batch).expect("a batch has at least one record");
        no_error(
            "`delete_expired` succeeds",
            self.0.delete_expired(before, batch).await,
        )
    }

    /// Calls [`SessionStorageBackend::delete_created_until`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> DeletionStep {
        let step = self.0.delete_created_until(until, batch, from).await;
        no_error("`delete_created_until` succeeds", step)
    }

    /// Calls [`SessionStorageBackend::all_sessions`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn all_sessions(&self, batch: NonZeroU32, from: Option<&WalkCursor>) -> SessionsStep {
        let step = self.0.all_sessions(batch, from).await;
        no_error("`all_sessions` succeeds", step)
    }

    /// Calls [`SessionStorageBackend::sessions_of`] for all sessions of a principal.
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn sessions_of(&self, owner: &Principal) -> Vec<SessionSummary> {
        self.page_of(owner, Page::ALL).await
    }

    /// Calls [`SessionStorageBackend::sessions_of`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn page_of(&self, owner: &Principal, page: Page) -> Vec<SessionSummary> {
        no_error(
            "`sessions_of` succeeds",
            self.0.sessions_of(owner, page).await,
        )
    }

    /// Calls [`SessionStorageBackend::delete_all_of`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn delete_all_of(&self, owner: &Principal, except: Option<SessionId>) -> u64 {
        no_error(
            "`delete_all_of` succeeds",
            self.0.delete_all_of(owner, except).await,
        )
    }

    /// Calls [`SessionStorageBackend::delete_all_of_origin`].
    ///
    /// # Panics
    ///
    /// Panics if the backend returns an error.
    pub async fn delete_all_of_origin(&self, origin: &OriginHash) -> u64 {
        let deleted = self.0.delete_all_of_origin(origin).await;
        no_error("`delete_all_of_origin` succeeds", deleted)
    }

    /// Creates the record and returns it.
    ///
    /// # Panics
    ///
    /// Panics if the record is not created.
    pub async fn given(&self, record: impl Into<Arc<SessionRecord>>) -> Arc<SessionRecord> {
        let record = record.into();
        let outcome = self.create(&record).await;
        let promise = "`create` inserts a record under a new id";
        expect(promise, CreateOutcome::Created, outcome);
        record
    }

    /// Requires that the store has a record that equals `record`.
    ///
    /// # Panics
    ///
    /// Panics if it has another one, or none.
    pub async fn holds(&self, promise: &str, record: &Arc<SessionRecord>) {
        let actual = self.load(record.id).await;
        expect_record(promise, Some(record), actual.as_ref());
    }

    /// Requires that the store has no record under this id.
    ///
    /// # Panics
    ///
    /// Panics if it has one.
    pub async fn holds_nothing(&self, promise: &str, id: SessionId) {
        expect_record(promise, None, self.load(id).await.as_ref());
    }

    /// Replaces the record of revision `expected`, and requires that this succeeds.
    pub(crate) async fn replaced(
        &self,
        promise: &str,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) {
        let outcome = self.replace(record, expected).await;
        expect(promise, ReplaceOutcome::Replaced, outcome);
    }

    /// Extends the stored record to the times of `record`, and requires that this succeeds.
    pub(crate) async fn touched(&self, promise: &str, record: &SessionRecord) {
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.expires_at,
        };
        let outcome = self.touch(record.id, &record.secret, extension).await;
        expect(promise, TouchOutcome::Touched, outcome);
    }

    /// Returns the ids of all sessions of a principal, in the order of the store.
    pub(crate) async fn ids_of(&self, name: &str) -> Vec<SessionId> {
        let summaries = self.sessions_of(&principal(name)).await;
        summaries.into_iter().map(|summary| summary.id).collect()
    }
}

impl From<RecordBuilder> for Arc<SessionRecord> {
    fn from(builder: RecordBuilder) -> Self {
        builder.build()
    }
}
