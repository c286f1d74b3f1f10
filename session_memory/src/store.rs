use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use session::store::{
    CreateOutcome, DeletionStep, Extension, OriginHash, Page, ReplaceOutcome, Revision, SecretHash,
    SessionRecord, SessionStorageBackend, SessionSummary, SessionsStep, StoreError, StoreErrorKind,
    TouchOutcome, WalkCursor,
};
use session::{Clock, Principal, SessionId, SessionStore};
use time::UtcDateTime;
use tokio::task::yield_now;

use crate::cleaner::Cleaner;
use crate::shard::Insertion;
use crate::shards::Shards;

/// A store that keeps session records in the memory of this process.
///
/// A clone is cheap and refers to the same records.
///
/// # Example
///
/// ```
/// use session::SessionStore;
/// use session_memory::InMemorySessionStore;
///
/// let memory = InMemorySessionStore::new();
/// let store = SessionStore::from(memory.clone());
/// assert!(memory.is_empty());
/// # _ = store;
/// ```
#[derive(Clone)]
pub struct InMemorySessionStore(Arc<Inner>);

struct Inner {
    shards: Arc<Shards>,
    cleaner: Cleaner,
}

/// The settings of a store.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) max_sessions: usize,
    pub(crate) clean_every: Duration,
    pub(crate) clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_sessions: usize::MAX,
            clean_every: Duration::from_secs(60),
            clock: Clock::system(),
        }
    }
}

impl InMemorySessionStore {
    /// Creates an empty store without a limit; see [`builder`](Self::builder) for other settings.
    ///
    /// # Example
    ///
    /// ```
    /// let store = session_memory::InMemorySessionStore::new();
    /// assert!(store.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    pub(crate) fn with_settings(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            shards: Arc::new(Shards::new(settings.max_sessions, settings.clock)),
            cleaner: Cleaner::new(settings.clean_every),
        }))
    }

    /// Returns the number of records in memory, including expired ones.
    ///
    /// # Example
    ///
    /// ```
    /// use session::testing::TestApp;
    /// use session_memory::InMemorySessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), session::SessionError> {
    /// let store = InMemorySessionStore::new();
    /// let mut browser = TestApp::new(store.clone()).browser();
    /// let mut session = browser.request();
    /// session.insert("theme", "dark").await?;
    /// assert_eq!(store.len(), 0);
    /// browser.respond(session).await?;
    /// assert_eq!(store.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn len(&self) -> usize {
        self.0.shards.len()
    }

    /// Returns `true` if there are no records in memory.
    ///
    /// # Example
    ///
    /// ```
    /// assert!(session_memory::InMemorySessionStore::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for InMemorySessionStore {
    fn default() -> Self {
        Self::new()
    }
}

impl From<InMemorySessionStore> for SessionStore {
    fn from(store: InMemorySessionStore) -> Self {
        Self::new(store)
    }
}

/// Shows the number of records, and nothing of their content.
impl fmt::Debug for InMemorySessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemorySessionStore")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The number of sessions after which a long operation lets other tasks have their turn, unless
/// that would take more than [`MAX_TURNS`].
const TURN: usize = 1_000;
const MAX_TURNS: usize = 32;

/// No method waits for anything, so each operation but [`all_sessions`] completes the first time
/// its future is polled.
///
/// [`all_sessions`]: SessionStorageBackend::all_sessions
#[async_trait::async_trait]
impl SessionStorageBackend for InMemorySessionStore {
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError> {
        self.0.cleaner.ensure_running(&self.0.shards);
        match self.0.shards.insert(record) {
            Insertion::Inserted => Ok(CreateOutcome::Created),
            Insertion::DuplicateId => Ok(CreateOutcome::DuplicateId),
            Insertion::Full => Err(StoreError::new(StoreErrorKind::Full, Full)),
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        Ok(self.0.shards.shard_of(id).get(id).cloned())
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        Ok(self.0.shards.shard_of(record.id).replace(record, expected))
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        let mut shard = self.0.shards.shard_of(id);
        Ok(shard.touch(id, expected, extension))
    }

    async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError> {
        Ok(self.0.shards.remove(id, expected))
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        let limit = u64::from(batch.get());
        Ok(self.0.shards.remove_earliest(before, limit))
    }

    async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        let shard = shard_at(from)?;
        let limit = usize::try_from(batch.get()).unwrap_or(usize::MAX);
        let (deleted, next) = self.0.shards.remove_created_until(until, shard, limit);
        Ok(DeletionStep {
            deleted,
            next: next.map(|shard| WalkCursor::new([shard])),
        })
    }

    /// Returns the sessions of one shard, whatever their number is. The shard is locked for each of
    /// them anew, and other tasks have their turn in between.
    async fn all_sessions(
        &self,
        _batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        let (ids, next) = self.0.shards.ids_in(shard_at(from)?);
        let mut sessions = Vec::with_capacity(ids.len());
        // Few turns, so that a busy runtime does not make the step last too long.
        let turns = ids.chunks(TURN.max(ids.len() / MAX_TURNS));
        for (turn, ids) in turns.enumerate() {
            if turn > 0 {
                yield_now().await;
            }
            sessions.extend(ids.iter().filter_map(|id| self.0.shards.summary(*id)));
        }
        Ok(SessionsStep {
            sessions,
            unreadable: vec![],
            next: next.map(|shard| WalkCursor::new([shard])),
        })
    }

    async fn sessions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        Ok(self.0.shards.summaries_of(principal, page))
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        Ok(self.0.shards.remove_all_of(principal, except))
    }

    async fn delete_all_of_origin(&self, origin: &OriginHash) -> Result<u64, StoreError> {
        Ok(self.0.shards.remove_all_of_origin(origin))
    }
}

/// Returns the shard in which a step begins.
fn shard_at(from: Option<&WalkCursor>) -> Result<usize, StoreError> {
    match from {
        Some(cursor) => Ok(usize::from(u8::from_be_bytes(cursor.to_array()?))),
        None => Ok(0),
    }
}

#[derive(Debug)]
struct Full;

impl std::error::Error for Full {}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the in-memory store holds `max_sessions` live sessions that are logged in; raise the \
             limit to allow more",
        )
    }
}
