use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use time::UtcDateTime;

use super::errors::StoreError;
use super::page::Page;
use super::record::{Revision, SessionRecord, SessionSummary};
use super::walk::{DeletionStep, SessionsStep, WalkCursor};
use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::token::{SecretHash, SessionId};

/// The contract of a storage backend.
///
/// Each method is one atomic operation on the store. The crate `session_conformance` tests the
/// promises below. It cannot make a damaged record, or the failure of a server: the promises about
/// these are for tests of the backend's own.
///
/// # Rules for all operations
///
/// - A record comes back exactly as it was given: times to the microsecond, texts to the byte.
/// - The caller decides with its own clock whether a record is expired. A backend compares a
///   deadline with a clock only to discard records after their deadline.
/// - A record is shared with the caller, and a backend may keep it as it is.
/// - Several tasks and several processes may call a backend at once.
/// - When a future is dropped, the store is left as if the operation had run or had not begun.
/// - An error means that the outcome of the operation is unknown. A refusal is an outcome, not an
///   error. The text of an error contains no secret and no state.
#[async_trait::async_trait]
pub trait SessionStorageBackend: Debug + Send + Sync + 'static {
    /// Inserts a record.
    ///
    /// If there is already a record under that id, live or expired, it is left as it is and the
    /// outcome is [`CreateOutcome::DuplicateId`].
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError>;

    /// Returns the record under that id, if there is one. An expired record may be left out.
    ///
    /// A record that is damaged, or was written by a newer version, is left as it is. It is
    /// reported as an error of the kind [`InvalidRecord`](super::StoreErrorKind::InvalidRecord).
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError>;

    /// Replaces the record under `record.id` if its revision is still `expected`.
    ///
    /// Otherwise nothing is written, and the outcome is the reason. The new revision is
    /// `record.revision`.
    ///
    /// Neither `expires_at` nor `last_active_at` goes back: the later of the stored and the new
    /// value is kept. A [`touch`](Self::touch) may have come in between, and it leaves the revision
    /// unchanged.
    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError>;

    /// Moves the deadline forward, and `last_active_at` with it, if the secret of the record is
    /// still `expected`; neither time goes back.
    ///
    /// Otherwise nothing is written, and the outcome is the reason. The secret is compared and the
    /// times are written in one step. So a session whose cookie was replaced is not extended for
    /// the holder of the old one. The secret before the last renewal does not count.
    ///
    /// The revision and all other fields stay as they are. A record is never created.
    async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError>;

    /// Removes the record, if there is one. Returns `true` if it removed one.
    ///
    /// With `expected`, it removes the record only if that is its secret. The secret is compared
    /// and the record removed in one step, so a log-in that another request has just committed
    /// survives. The secret before the last renewal does not count.
    ///
    /// Nothing else of the record is read. A record that is damaged, or was written by a newer
    /// version, is removed too.
    async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError>;

    /// Removes records whose `expires_at` is at or before `before`. Returns the number of records
    /// that it removed.
    ///
    /// At most `batch` records are removed, those with the earliest deadlines. Several sweepers may
    /// call it at once: each record is counted once.
    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError>;

    /// Removes records whose `created_at` is at or before `until`, in steps.
    ///
    /// The first step begins without a cursor, and each further one at the cursor that the step
    /// before it returned. A step examines about `batch` records, so that it fits into the time
    /// limit of the store. The steps come to an end, also if records are created meanwhile.
    ///
    /// All steps together remove each such record that was in the store when the first one began.
    /// None is skipped because another operation has it locked, moves its deadline or replaces it.
    /// A record that is created after its place was examined may stay.
    ///
    /// Nothing else of a record is read. One that was written by a newer version is removed too.
    async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError>;

    /// Returns the summaries of all sessions, in steps; expired ones may be among them.
    ///
    /// The steps follow each other as those of
    /// [`delete_created_until`](Self::delete_created_until), and come to an end in the same way. A
    /// step can be empty and not the last one.
    ///
    /// All steps together return each record that is in the store from the first one to the last.
    /// None is left out because another operation has it locked, moves its deadline or replaces it.
    /// A record that is created or deleted meanwhile is returned or not. A store may return a
    /// record again, for example if one of its servers was replaced; the caller counts each id
    /// once.
    ///
    /// The state is not read, and nothing is locked. A record that a newer version has written, or
    /// whose summary is damaged, is in [`SessionsStep::unreadable`] if its id can be read.
    async fn all_sessions(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError>;

    /// Returns a page of the sessions that belong to `principal`, ordered by id; expired ones may
    /// be among them.
    ///
    /// A page with fewer sessions than its limit is the last one. So the pages together have each
    /// session that is there from the first page to the last, also if others end meanwhile.
    ///
    /// The answer comes from the records themselves, so that it is never out of date. A damaged
    /// record may be left out, so that it hides no other one.
    async fn sessions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError>;

    /// Removes all sessions that belong to `principal`, except `except`. Returns their number.
    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError>;

    /// Removes all sessions whose record has this origin. Returns their number.
    ///
    /// The present origin of a record counts, not one that a [`replace`](Self::replace) has taken
    /// from it. Each such session that is in the store when the call begins is removed. None is
    /// skipped because another operation extends or replaces it. A session whose log-in is written
    /// after the call has begun may stay.
    ///
    /// Nothing else of a record is read. One that was written by a newer version is removed too.
    async fn delete_all_of_origin(&self, origin: &OriginHash) -> Result<u64, StoreError>;
}

/// The new deadline that a [`touch`](SessionStorageBackend::touch) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a store that does not keep a new field must not compile"
)]
pub struct Extension {
    /// The time of the activity: the new [`SessionRecord::last_active_at`].
    pub last_active_at: UtcDateTime,
    /// The new deadline.
    pub expires_at: UtcDateTime,
}

/// The outcome of a [`create`](SessionStorageBackend::create).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "callers and stores handle every outcome"
)]
#[must_use]
pub enum CreateOutcome {
    /// The record is stored.
    Created,
    /// There is already a record under that id; nothing was written.
    DuplicateId,
}

/// The outcome of a [`replace`](SessionStorageBackend::replace).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "callers and stores handle every outcome"
)]
#[must_use]
pub enum ReplaceOutcome {
    /// The record is stored.
    Replaced,
    /// The stored record has another revision; nothing was written.
    Conflict,
    /// There is no record under that id; nothing was written.
    Gone,
}

/// The outcome of a [`touch`](SessionStorageBackend::touch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "callers and stores handle every outcome"
)]
#[must_use]
pub enum TouchOutcome {
    /// The record has the expected secret, and a deadline that is at least as late as the new one.
    Touched,
    /// The record has another secret; nothing was written.
    Superseded,
    /// There is no record under that id; nothing was written.
    Gone,
}
