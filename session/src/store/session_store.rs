use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use time::UtcDateTime;

use super::backend::{
    CreateOutcome, Extension, ReplaceOutcome, SessionStorageBackend, TouchOutcome,
};
use super::copies::Copies;
use super::errors::{StoreError, StoreErrorKind};
use super::page::Page;
use super::record::{Revision, SessionRecord, SessionSummary};
use super::walk::{DeletionStep, SessionsStep, WalkCursor};
use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::telemetry;
use crate::token::{SecretHash, SessionId};

/// The number of sessions that one operation lists, so that none takes long.
///
/// It is not smaller, as Redis reads the whole index of the principal each time.
pub(crate) const PAGE: NonZeroU32 = NonZeroU32::new(10_000).expect("it is not zero");

/// The session store of the application: any [`SessionStorageBackend`], type-erased.
///
/// A clone is cheap and refers to the same store. Each operation has a [time
/// limit](Self::with_operation_timeout) and is shielded from cancellation. Once begun, it runs to
/// its end or to the limit, even if the caller's future is dropped because a client hung up.
///
/// Applications read and change records through [`Session`](crate::Session) and
/// [`SessionRegistry`](crate::SessionRegistry).
#[derive(Clone, Debug)]
pub struct SessionStore {
    /// `None` if sessions live in the cookie only.
    pub(super) backend: Option<Arc<Backend<dyn SessionStorageBackend>>>,
    pub(super) operation_timeout: Duration,
    /// The age up to which a copy of a record is used; zero for never.
    max_copy_age: Duration,
}

/// A backend, and copies of some of its records.
#[derive(Debug)]
pub(super) struct Backend<B: ?Sized> {
    copies: Copies,
    records: B,
}

impl SessionStore {
    /// The time limit of an operation unless another one is configured.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

    /// Creates a store from a backend.
    pub fn new(backend: impl SessionStorageBackend) -> Self {
        let backend = Backend {
            copies: Copies::default(),
            records: backend,
        };
        Self {
            backend: Some(Arc::new(backend)),
            ..Self::cookie_only()
        }
    }

    /// Creates a store that refuses server-side state; see [`cookie_only`](crate::cookie_only).
    pub fn cookie_only() -> Self {
        Self {
            backend: None,
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
            max_copy_age: Duration::ZERO,
        }
    }

    /// Returns `true` if sessions live in the cookie only.
    pub fn is_cookie_only(&self) -> bool {
        self.backend.is_none()
    }

    /// Returns the backend, for tests that look at its records; `None` if sessions live in the
    /// cookie only.
    ///
    /// The time limit does not apply to its operations.
    #[cfg(feature = "testing")]
    pub fn backend(&self) -> Option<&dyn SessionStorageBackend> {
        self.backend.as_deref().map(|backend| &backend.records)
    }

    /// Returns the same store with another time limit for each operation.
    #[must_use]
    pub fn with_operation_timeout(mut self, limit: Duration) -> Self {
        self.operation_timeout = limit;
        self
    }

    /// Returns the same store with another age up to which copies of records are used.
    #[must_use]
    pub(crate) fn with_max_copy_age(mut self, max_age: Duration) -> Self {
        self.max_copy_age = max_age;
        self
    }

    /// Returns a copy of the record that is recent enough, if there is one.
    ///
    /// No operation of this store has changed or ended the session since. Another process may have
    /// done so. The record may be expired.
    pub(crate) fn recent(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        self.copies()?.get(id, self.max_copy_age)
    }

    /// Returns the copies of records, if they are used.
    fn copies(&self) -> Option<&Copies> {
        let backend = self.backend.as_ref()?;
        (!self.max_copy_age.is_zero()).then_some(&backend.copies)
    }
}

/// The operations of the backend, bounded in time and shielded.
///
/// Those that may change or end a session are noted for the copies of records. A creation changes
/// none, and a sweep ends only sessions whose copies have expired too. A touch makes a deadline
/// later, and a copy with the earlier one costs no more than a load.
impl SessionStore {
    pub(crate) async fn create(
        &self,
        record: impl Into<Arc<SessionRecord>>,
    ) -> Result<CreateOutcome, StoreError> {
        let record = record.into();
        self.run("create", move |store| async move {
            store.records.create(&record).await
        })
        .await
    }

    pub(crate) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        let loading = self.copies().and_then(|copies| copies.begin(id));
        let (outcome, elapsed) = self
            .attempt(
                "load",
                move |store| async move { store.records.load(id).await },
            )
            .await;
        if let (Some(loading), Ok(loaded)) = (loading, &outcome) {
            loading.end(loaded.as_ref(), self.max_copy_age);
        }
        outcome.inspect_err(|error| match error.kind() {
            StoreErrorKind::InvalidRecord => telemetry::unreadable_record(id, error),
            _ => telemetry::store_error("load", error, elapsed),
        })
    }

    pub(crate) async fn replace(
        &self,
        record: impl Into<Arc<SessionRecord>>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        let record = record.into();
        self.run("replace", move |store| async move {
            let _changing = store.copies.changing(record.id);
            store.records.replace(&record, expected).await
        })
        .await
    }

    pub(crate) async fn touch(
        &self,
        id: SessionId,
        expected: SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        self.run("touch", move |store| async move {
            store.records.touch(id, &expected, extension).await
        })
        .await
    }

    pub(crate) async fn delete(
        &self,
        id: SessionId,
        expected: Option<SecretHash>,
    ) -> Result<bool, StoreError> {
        self.run("delete", move |store| async move {
            let _changing = store.copies.changing(id);
            store.records.delete(id, expected.as_ref()).await
        })
        .await
    }

    pub(crate) async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.run("delete_expired", move |store| async move {
            store.records.delete_expired(before, batch).await
        })
        .await
    }

    pub(crate) async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        self.run("delete_created_until", move |store| async move {
            let _changing = store.copies.changing_all();
            let records = &store.records;
            records
                .delete_created_until(until, batch, from.as_ref())
                .await
        })
        .await
    }

    pub(crate) async fn all_sessions(
        &self,
        batch: NonZeroU32,
        from: Option<WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        self.run("all_sessions", move |store| async move {
            store.records.all_sessions(batch, from.as_ref()).await
        })
        .await
    }

    /// Returns all sessions of a principal, in one operation for each ten thousand.
    pub(crate) async fn sessions_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let (mut sessions, mut page) = (Vec::new(), Some(Page::first(PAGE)));
        while let Some(current) = page {
            let found = self.page_of(principal, current).await?;
            page = current.next(&found);
            sessions.extend(found);
        }
        Ok(sessions)
    }

    pub(crate) async fn page_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let principal = principal.clone();
        self.run("sessions_of", move |store| async move {
            store.records.sessions_of(&principal, page).await
        })
        .await
    }

    pub(crate) async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let principal = principal.clone();
        self.run("delete_all_of", move |store| async move {
            let _changing = store.copies.changing_all();
            store.records.delete_all_of(&principal, except).await
        })
        .await
    }

    pub(crate) async fn delete_all_of_origin(&self, origin: OriginHash) -> Result<u64, StoreError> {
        self.run("delete_all_of_origin", move |store| async move {
            let _changing = store.copies.changing_all();
            store.records.delete_all_of_origin(&origin).await
        })
        .await
    }
}
