use std::time::Duration;

use session::Clock;

use crate::InMemorySessionStore;

/// The settings of an [`InMemorySessionStore`]; from [`InMemorySessionStore::builder`].
///
/// # Example
///
/// ```
/// use session_memory::InMemorySessionStore;
/// use std::time::Duration;
///
/// let store = InMemorySessionStore::builder()
///     .max_sessions(100_000)
///     .clean_every(Duration::from_secs(10))
///     .build();
/// assert!(store.is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct InMemorySessionStoreBuilder {
    pub(crate) max_sessions: usize,
    pub(crate) clean_every: Duration,
    pub(crate) clock: Clock,
}

const DEFAULT_CLEANING_INTERVAL: Duration = Duration::from_secs(60);

impl InMemorySessionStoreBuilder {
    pub(crate) fn new() -> Self {
        Self {
            max_sessions: usize::MAX,
            clean_every: DEFAULT_CLEANING_INTERVAL,
            clock: Clock::system(),
        }
    }

    /// How many records there may be at most. Default: no limit.
    ///
    /// At the limit, `create` first drops the records that have expired. If there are none, it
    /// fails with [`StoreErrorKind::Full`]: nobody's session is ended to make room for another, since
    /// otherwise whoever can start sessions could end those of others.
    ///
    /// # Example
    ///
    /// ```
    /// use session::testing::TestApp;
    /// use session_memory::InMemorySessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::SessionError> {
    /// let store = InMemorySessionStore::builder().max_sessions(1).build();
    /// let app = TestApp::new(store);
    /// let (mut first, mut second) = (app.browser(), app.browser());
    ///
    /// let mut session = first.request();
    /// session.insert("theme", "dark").await?;
    /// first.respond(session).await?;
    ///
    /// let mut session = second.request();
    /// session.insert("theme", "light").await?;
    /// assert!(second.respond(session).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// [`StoreErrorKind::Full`]: session::store::StoreErrorKind::Full
    pub fn max_sessions(mut self, limit: usize) -> Self {
        self.max_sessions = limit;
        self
    }

    /// How often a background task drops all expired records. Default: every minute.
    ///
    /// The first `create` starts the task on the tokio runtime that it runs on, whose timer must be
    /// enabled; the task ends with the store. Apart from it, each `create` drops a few expired records.
    /// So a [`Sweeper`](session::store::Sweeper) is not needed.
    ///
    /// # Example
    ///
    /// ```
    /// use session_memory::InMemorySessionStore;
    /// use std::time::Duration;
    ///
    /// let store = InMemorySessionStore::builder().clean_every(Duration::from_secs(5)).build();
    /// # assert!(store.is_empty());
    /// ```
    pub fn clean_every(mut self, interval: Duration) -> Self {
        self.clean_every = interval;
        self
    }

    /// Which clock tells that a record has expired and may leave the memory. Default: the
    /// operating system's.
    ///
    /// # Example
    ///
    /// ```
    /// use session::testing::ManualClock;
    /// use session_memory::InMemorySessionStore;
    ///
    /// let clock = ManualClock::new();
    /// let store = InMemorySessionStore::builder().clock(clock.clone()).build();
    /// # assert!(store.is_empty());
    /// ```
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// An empty store with these settings.
    ///
    /// # Example
    ///
    /// ```
    /// let store = session_memory::InMemorySessionStore::builder().build();
    /// assert_eq!(store.len(), 0);
    /// ```
    pub fn build(self) -> InMemorySessionStore {
        InMemorySessionStore::with_settings(self)
    }
}
