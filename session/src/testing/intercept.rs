use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use time::UtcDateTime;

use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::store::{
    CreateOutcome, DeletionStep, Extension, Page, ReplaceOutcome, Revision, SessionRecord,
    SessionStorageBackend, SessionSummary, SessionsStep, StoreError, StoreErrorKind, TouchOutcome,
    WalkCursor,
};
use crate::token::{SecretHash, SessionId};

/// Decides what becomes of each operation on a store, for tests of faults, of delays, and of the
/// number of operations.
///
/// # Example
///
/// A store that fails while a switch is on:
///
/// ```
/// # use session_kit as session;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use session::SessionStore;
/// use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
/// use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp};
/// use session_memory::InMemorySessionStore;
///
/// #[derive(Clone, Debug, Default)]
/// struct Outage(Arc<AtomicBool>);
///
/// #[async_trait::async_trait]
/// impl Interceptor for Outage {
///     async fn intercept(
///         &self,
///         operation: Operation<'_>,
///         store: &dyn SessionStorageBackend,
///     ) -> Result<Answer, StoreError> {
///         if self.0.load(Ordering::SeqCst) {
///             let cause = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
///             return Err(StoreError::new(StoreErrorKind::Unavailable, cause));
///         }
///         operation.run(store).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), session::SessionError> {
/// let outage = Outage::default();
/// let memory = Arc::new(InMemorySessionStore::new());
/// let store = SessionStore::new(Intercepted::new(memory, outage.clone()));
/// let mut browser = TestApp::new(store).browser();
///
/// outage.0.store(true, Ordering::SeqCst);
/// let mut session = browser.request();
/// session.insert("theme", "dark").await?;
/// assert!(browser.respond(session).await.is_err());
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Interceptor: Debug + Send + Sync + 'static {
    /// Answers an operation on `store`; [`Operation::run`] passes the operation on.
    ///
    /// # Errors
    ///
    /// Returns the [`StoreError`] that the caller of the operation receives.
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError>;
}

/// An operation of a [`SessionStorageBackend`], with its arguments.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums, reason = "the contract of backends is fixed")]
pub enum Operation<'a> {
    /// [`SessionStorageBackend::create`]
    Create(&'a Arc<SessionRecord>),
    /// [`SessionStorageBackend::load`]
    Load(SessionId),
    /// [`SessionStorageBackend::replace`], with the expected revision
    Replace(&'a Arc<SessionRecord>, Revision),
    /// [`SessionStorageBackend::touch`], with the expected secret
    Touch(SessionId, &'a SecretHash, Extension),
    /// [`SessionStorageBackend::delete`], with the expected secret
    Delete(SessionId, Option<&'a SecretHash>),
    /// [`SessionStorageBackend::delete_expired`]: the latest deadline, and the size of the batch
    DeleteExpired(UtcDateTime, NonZeroU32),
    /// [`SessionStorageBackend::delete_created_until`]: the latest time of creation, the size of the
    /// batch, and the cursor
    DeleteCreatedUntil(UtcDateTime, NonZeroU32, Option<&'a WalkCursor>),
    /// [`SessionStorageBackend::all_sessions`]: the size of the batch, and the cursor
    AllSessions(NonZeroU32, Option<&'a WalkCursor>),
    /// [`SessionStorageBackend::sessions_of`], with the page
    SessionsOf(&'a Principal, Page),
    /// [`SessionStorageBackend::delete_all_of`], with the session that is spared
    DeleteAllOf(&'a Principal, Option<SessionId>),
    /// [`SessionStorageBackend::delete_all_of_origin`]
    DeleteAllOfOrigin(&'a OriginHash),
}

impl Operation<'_> {
    /// The name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(..) => "create",
            Self::Load(..) => "load",
            Self::Replace(..) => "replace",
            Self::Touch(..) => "touch",
            Self::Delete(..) => "delete",
            Self::DeleteExpired(..) => "delete_expired",
            Self::DeleteCreatedUntil(..) => "delete_created_until",
            Self::AllSessions(..) => "all_sessions",
            Self::SessionsOf(..) => "sessions_of",
            Self::DeleteAllOf(..) => "delete_all_of",
            Self::DeleteAllOfOrigin(..) => "delete_all_of_origin",
        }
    }

    /// Runs the operation on `store`.
    ///
    /// # Errors
    ///
    /// Returns the [`StoreError`] of `store`.
    pub async fn run(self, store: &dyn SessionStorageBackend) -> Result<Answer, StoreError> {
        Ok(match self {
            Self::Create(record) => Answer::Create(store.create(record).await?),
            Self::Load(id) => Answer::Load(store.load(id).await?),
            Self::Replace(record, expected) => {
                Answer::Replace(store.replace(record, expected).await?)
            }
            Self::Touch(id, expected, extension) => {
                Answer::Touch(store.touch(id, expected, extension).await?)
            }
            Self::Delete(id, expected) => Answer::Delete(store.delete(id, expected).await?),
            Self::DeleteExpired(before, batch) => {
                Answer::DeleteExpired(store.delete_expired(before, batch).await?)
            }
            Self::DeleteCreatedUntil(until, batch, from) => {
                let step = store.delete_created_until(until, batch, from).await?;
                Answer::DeleteCreatedUntil(step)
            }
            Self::AllSessions(batch, from) => {
                Answer::AllSessions(store.all_sessions(batch, from).await?)
            }
            Self::SessionsOf(principal, page) => {
                Answer::SessionsOf(store.sessions_of(principal, page).await?)
            }
            Self::DeleteAllOf(principal, except) => {
                Answer::DeleteAllOf(store.delete_all_of(principal, except).await?)
            }
            Self::DeleteAllOfOrigin(origin) => {
                Answer::DeleteAllOfOrigin(store.delete_all_of_origin(origin).await?)
            }
        })
    }
}

/// The answer to an [`Operation`].
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "the contract of backends is fixed")]
pub enum Answer {
    /// The answer to [`Operation::Create`]
    Create(CreateOutcome),
    /// The answer to [`Operation::Load`]
    Load(Option<Arc<SessionRecord>>),
    /// The answer to [`Operation::Replace`]
    Replace(ReplaceOutcome),
    /// The answer to [`Operation::Touch`]
    Touch(TouchOutcome),
    /// The answer to [`Operation::Delete`]: `true` if a record was removed
    Delete(bool),
    /// The answer to [`Operation::DeleteExpired`]: the number of removed records
    DeleteExpired(u64),
    /// The answer to [`Operation::DeleteCreatedUntil`]
    DeleteCreatedUntil(DeletionStep),
    /// The answer to [`Operation::AllSessions`]
    AllSessions(SessionsStep),
    /// The answer to [`Operation::SessionsOf`]
    SessionsOf(Vec<SessionSummary>),
    /// The answer to [`Operation::DeleteAllOf`]: the number of removed records
    DeleteAllOf(u64),
    /// The answer to [`Operation::DeleteAllOfOrigin`]: the number of removed records
    DeleteAllOfOrigin(u64),
}

/// A storage backend whose operations pass through an [`Interceptor`]; see there for an example.
///
/// If the interceptor answers with another variant of [`Answer`] than the operation requires, the
/// operation fails with [`StoreErrorKind::Other`].
#[derive(Clone, Debug)]
pub struct Intercepted<I> {
    store: Arc<dyn SessionStorageBackend>,
    interceptor: I,
}

impl<I: Interceptor> Intercepted<I> {
    /// Wraps a backend.
    pub fn new(store: Arc<dyn SessionStorageBackend>, interceptor: I) -> Self {
        Self { store, interceptor }
    }

    async fn answer(&self, operation: Operation<'_>) -> Result<Answer, StoreError> {
        self.interceptor.intercept(operation, &*self.store).await
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the interceptor answered `{0}` with the answer to another operation")]
struct WrongAnswer(&'static str);

/// Runs an operation through the interceptor and takes the value out of the answer.
macro_rules! intercept {
    ($self:ident, $variant:ident($($argument:expr),*)) => {{
        let operation = Operation::$variant($($argument),*);
        match $self.answer(operation).await? {
            Answer::$variant(value) => Ok(value),
            _ => Err(StoreError::new(
                StoreErrorKind::Other,
                WrongAnswer(operation.name()),
            )),
        }
    }};
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<I: Interceptor> SessionStorageBackend for Intercepted<I> {
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError> {
        intercept!(self, Create(record))
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        intercept!(self, Load(id))
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        intercept!(self, Replace(record, expected))
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        intercept!(self, Touch(id, expected, extension))
    }

    async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError> {
        intercept!(self, Delete(id, expected))
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        intercept!(self, DeleteExpired(before, batch))
    }

    async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        intercept!(self, DeleteCreatedUntil(until, batch, from))
    }

    async fn all_sessions(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        intercept!(self, AllSessions(batch, from))
    }

    async fn sessions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        intercept!(self, SessionsOf(principal, page))
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        intercept!(self, DeleteAllOf(principal, except))
    }

    async fn delete_all_of_origin(&self, origin: &OriginHash) -> Result<u64, StoreError> {
        intercept!(self, DeleteAllOfOrigin(origin))
    }
}
