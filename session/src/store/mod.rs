//! Where server-side session records are kept: [`SessionStore`], and the contract that a storage
//! backend fulfils.

mod backend;
mod errors;
mod record;
mod shield;
mod sweeper;

pub use backend::{CreateOutcome, Extension, ReplaceOutcome, SessionStorageBackend, TouchOutcome};
pub use errors::{StoreError, StoreErrorKind};
pub use record::{Label, PreviousSecret, Revision, SerializedState, SessionRecord, SessionSummary};

pub use sweeper::{SweepReport, Sweeper};

pub use crate::principal::{InvalidPrincipal, Principal};
pub use crate::token::{SealedSecret, SecretHash};

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use time::UtcDateTime;

use crate::token::SessionId;

/// The application's session store: any [`SessionStorageBackend`], type-erased.
///
/// A clone is cheap and refers to the same store. Each operation is bounded by a
/// [time limit](Self::with_operation_timeout) and shielded from cancellation: once begun, it runs
/// to its end (or to the limit), even if the caller's future is dropped because a client hung up.
#[derive(Clone, Debug)]
pub struct SessionStore {
    /// `None`: sessions live in the cookie only.
    backend: Option<Arc<dyn SessionStorageBackend>>,
    operation_timeout: Duration,
}

impl SessionStore {
    /// The time limit of an operation unless configured otherwise.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

    /// Erases the type of a backend.
    pub fn new(backend: impl SessionStorageBackend) -> Self {
        Self {
            backend: Some(Arc::new(backend)),
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
        }
    }

    /// A store that refuses server-side state; see [`cookie_only`](crate::cookie_only).
    pub fn cookie_only() -> Self {
        Self {
            backend: None,
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
        }
    }

    /// Whether sessions live in the cookie only.
    pub fn is_cookie_only(&self) -> bool {
        self.backend.is_none()
    }

    /// Returns the backend, for tests that look at its records; `None` if sessions live in the cookie only.
    ///
    /// The time limit of the store does not apply to it.
    #[cfg(feature = "testing")]
    pub fn backend(&self) -> Option<&dyn SessionStorageBackend> {
        self.backend.as_deref()
    }

    /// The same store with another time limit per operation.
    pub fn with_operation_timeout(mut self, limit: Duration) -> Self {
        self.operation_timeout = limit;
        self
    }

    /// See [`SessionStorageBackend::create`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn create(
        &self,
        record: impl Into<Arc<SessionRecord>>,
    ) -> Result<CreateOutcome, StoreError> {
        let record = record.into();
        self.run(
            "create",
            move |store| async move { store.create(&record).await },
        )
        .await
    }

    /// See [`SessionStorageBackend::load`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time, or the record cannot be read.
    pub(crate) async fn load(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        self.run("load", move |store| async move { store.load(id).await })
            .await
    }

    /// See [`SessionStorageBackend::replace`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn replace(
        &self,
        record: impl Into<Arc<SessionRecord>>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        let record = record.into();
        self.run("replace", move |store| async move {
            store.replace(&record, expected).await
        })
        .await
    }

    /// See [`SessionStorageBackend::touch`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn touch(
        &self,
        id: SessionId,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        self.run("touch", move |store| async move {
            store.touch(id, extension).await
        })
        .await
    }

    /// See [`SessionStorageBackend::delete`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        self.run("delete", move |store| async move { store.delete(id).await })
            .await
    }

    /// See [`SessionStorageBackend::delete_expired`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.run("delete_expired", move |store| async move {
            store.delete_expired(before, batch).await
        })
        .await
    }

    /// See [`SessionStorageBackend::sessions_of`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn sessions_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let principal = principal.clone();
        self.run("sessions_of", move |store| async move {
            store.sessions_of(&principal).await
        })
        .await
    }

    /// See [`SessionStorageBackend::delete_all_of`].
    ///
    /// # Errors
    ///
    /// If the store fails or does not answer in time.
    pub(crate) async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let principal = principal.clone();
        self.run("delete_all_of", move |store| async move {
            store.delete_all_of(&principal, except).await
        })
        .await
    }
}
