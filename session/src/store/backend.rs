use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use time::UtcDateTime;

use super::{Principal, Revision, SessionRecord, SessionSummary, StoreError};
use crate::token::SessionId;

/// What a storage backend promises.
///
/// Each method is one atomic operation on the store. Every promise below is a test of the crate
/// `session_conformance`; a backend is done when its suite passes.
///
/// # Rules for all operations
///
/// - Records come back exactly as they were given: times to the microsecond, texts to the byte.
/// - Whether a record is expired is judged by the caller, with the caller's clock. A backend never
///   compares a deadline with a clock, except to discard records physically after their deadline.
/// - A record is shared with the caller: a backend may keep it as it is.
/// - A backend may be called from several tasks and several processes at once.
/// - When a future is dropped, the store is left as if the operation had run or had not.
/// - An error says that the outcome of the operation is unknown, never that it was refused:
///   refusals are outcomes. Its text contains no secret and no state.
#[async_trait::async_trait]
pub trait SessionStorageBackend: Debug + Send + Sync + 'static {
    /// Inserts a record. If there is a record under that id already, live or expired, it is left
    /// as it is and the outcome is [`CreateOutcome::DuplicateId`].
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError>;

    /// The record under that id, if there is one. An expired record may be returned, or not.
    ///
    /// A record that cannot be read (damaged, or written by a newer version) is an error of the
    /// kind [`InvalidRecord`](super::StoreErrorKind::InvalidRecord), and is left as it is.
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError>;

    /// Replaces the record under `record.id` if its revision is still `expected`.
    ///
    /// Otherwise nothing is written, and the outcome says why. `record.revision` is the new
    /// revision. Two fields never go back, because a [`touch`](Self::touch) leaves the revision
    /// unchanged and may have come in between: of the stored and the new `expires_at` the later is
    /// kept, and likewise of `last_active_at`.
    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError>;

    /// Moves the deadline forward, and `last_active_at` with it; neither goes back. The revision and
    /// everything else stay as they are. Never creates a record.
    async fn touch(&self, id: SessionId, extension: Extension) -> Result<TouchOutcome, StoreError>;

    /// Removes the record, if there is one.
    async fn delete(&self, id: SessionId) -> Result<(), StoreError>;

    /// Removes records whose `expires_at` is at or before `before`: those with the earliest
    /// deadlines, at most `batch` of them. Returns how many it removed.
    ///
    /// Safe to run from several sweepers at once: each record is counted once.
    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError>;

    /// The sessions that belong to `principal`, ordered by id; expired ones may be among them.
    ///
    /// Taken from the records themselves, so that the answer cannot be out of date.
    async fn sessions_of(&self, principal: &Principal) -> Result<Vec<SessionSummary>, StoreError>;

    /// Removes all sessions that belong to `principal`, except the given one, and returns how many.
    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError>;
}

/// The new deadline that a [`touch`](SessionStorageBackend::touch) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct Extension {
    /// When the activity took place: the new [`SessionRecord::last_active_at`].
    pub last_active_at: UtcDateTime,
    /// The new deadline.
    pub expires_at: UtcDateTime,
}

/// What became of a [`create`](SessionStorageBackend::create).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
#[must_use]
pub enum CreateOutcome {
    /// The record is stored.
    Created,
    /// There is a record under that id; nothing was written.
    DuplicateId,
}

/// What became of a [`replace`](SessionStorageBackend::replace).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
#[must_use]
pub enum ReplaceOutcome {
    /// The record is stored.
    Replaced,
    /// The stored record has another revision; nothing was written.
    Conflict,
    /// There is no record under that id; nothing was written.
    Gone,
}

/// What became of a [`touch`](SessionStorageBackend::touch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
#[must_use]
pub enum TouchOutcome {
    /// The record is there, with a deadline at least as late as asked for.
    Touched,
    /// There is no record under that id.
    Gone,
}
