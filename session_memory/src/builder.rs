use std::time::Duration;

use session::Clock;

use crate::store::{InMemorySessionStore, Settings};

/// The settings of an [`InMemorySessionStore`]; created by [`InMemorySessionStore::builder`].
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
#[must_use = "settings have no effect until `build` is called"]
pub struct InMemorySessionStoreBuilder(Settings);

impl InMemorySessionStore {
    /// Returns the default settings, to be changed before the store is built.
    ///
    /// # Example
    ///
    /// ```
    /// use session_memory::InMemorySessionStore;
    ///
    /// let store = InMemorySessionStore::builder().max_sessions(100_000).build();
    /// assert!(store.is_empty());
    /// ```
    pub fn builder() -> InMemorySessionStoreBuilder {
        InMemorySessionStoreBuilder(Settings::default())
    }
}

impl InMemorySessionStoreBuilder {
    /// Sets the maximum number of records. Default: no limit.
    ///
    /// When the limit is reached, `create` removes expired records. If there are none, it removes
    /// the session without a principal that would expire first. So a flood of visitors ends
    /// sessions of visitors, and nobody is logged out. If all sessions have a principal, `create`
    /// fails with [`StoreErrorKind::Full`].
    ///
    /// # Example
    ///
    /// ```
    /// use session::testing::TestApp;
    /// use session_memory::InMemorySessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), session::SessionError> {
    /// let store = InMemorySessionStore::builder().max_sessions(1).build();
    /// let app = TestApp::new(store);
    /// let (mut visitor, mut member) = (app.browser(), app.browser());
    ///
    /// let mut session = visitor.request();
    /// session.insert("theme", "dark").await?;
    /// visitor.respond(session).await?;
    ///
    /// let mut session = member.request();
    /// session.log_in(session::Principal::from(42_i64)).await?;
    /// member.respond(session).await?;
    ///
    /// let mut session = visitor.request();
    /// assert!(session.is_empty().await?);
    /// session.insert("theme", "light").await?;
    /// assert!(visitor.respond(session).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// [`StoreErrorKind::Full`]: session::store::StoreErrorKind::Full
    pub fn max_sessions(mut self, limit: usize) -> Self {
        self.0.max_sessions = limit;
        self
    }

    /// Sets the interval at which a background task removes all expired records. Default: one
    /// minute. Intervals below one millisecond are raised to one millisecond.
    ///
    /// The first `create` starts the task on the current tokio runtime, whose timer must be
    /// enabled. The task ends when the last clone of the store is dropped. In addition, every 16th
    /// `create` in a shard removes a few expired records. So no
    /// [`Sweeper`](session::store::Sweeper) is needed.
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
        self.0.clean_every = interval;
        self
    }

    /// Sets the clock that decides whether a record has expired and may be removed from memory.
    /// Default: the clock of the operating system.
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
        self.0.clock = clock.into();
        self
    }

    /// Creates an empty store with these settings.
    ///
    /// # Example
    ///
    /// ```
    /// let store = session_memory::InMemorySessionStore::builder().build();
    /// assert_eq!(store.len(), 0);
    /// ```
    pub fn build(self) -> InMemorySessionStore {
        InMemorySessionStore::with_settings(self.0)
    }
}
