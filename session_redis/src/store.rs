use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use redis::Client;
use redis::aio::ConnectionManager;
use session::store::{
    CreateOutcome, DeletionStep, Extension, OriginHash, Page, ReplaceOutcome, Revision, SecretHash,
    SessionRecord, SessionStorageBackend, SessionSummary, SessionsStep, TouchOutcome, WalkCursor,
};
use session::{Principal, SessionId, SessionStore, StoreError};
use time::UtcDateTime;

use crate::config::connect;
use crate::config::errors::RedisSetupError;
use crate::config::section::RedisSessionConfig;
use crate::operations::Operations;
use crate::prefix::KeyPrefix;
use crate::start_up::{self, StartUpRules};
use crate::topology::Topology;
use crate::topology::limits::Limits;

/// Keeps session records in Redis or Valkey.
///
/// A clone is cheap and refers to the same records.
///
/// Each constructor connects, and [checks](crate#checks-at-start-up) the settings of the servers.
///
/// # Example
///
/// ```no_run
/// use session::SessionStore;
/// use session_redis::RedisSessionStore;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = redis::Client::open("redis://localhost:6379")?;
/// let store = RedisSessionStore::connect(client).await?;
/// let store = SessionStore::from(store);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisSessionStore(Arc<Operations>);

impl RedisSessionStore {
    /// Connects to the servers of a configuration.
    ///
    /// # Errors
    ///
    /// - Returns [`RedisSetupError::Config`] if the configuration breaks a rule.
    /// - Returns [`RedisSetupError::Store`] if a server cannot be reached, refuses access, is older
    ///   than Redis 6.2, is a replica, is a node of a cluster although the mode is another one, or
    ///   evicts sessions, which `accept_eviction` permits.
    pub async fn from_config(config: &RedisSessionConfig) -> Result<Self, RedisSetupError> {
        let topology = connect::topology(config)?;
        let rules = StartUpRules {
            prefix: config.prefix.clone(),
            accepts_eviction: config.accept_eviction,
        };
        Ok(Self::checked(topology, rules).await?)
    }

    /// Connects to one server, with one connection for each runtime that uses the store.
    ///
    /// A connection that breaks or falls silent is replaced. The time limits are one second for
    /// connecting and one second for an answer. The store replaces the TCP settings of the client
    /// by some that detect a lost connection soon.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the server cannot be reached, refuses access, is older than Redis
    /// 6.2, is a replica or a node of a cluster, or evicts sessions.
    pub async fn connect(client: Client) -> Result<Self, StoreError> {
        let topology = Topology::server(&client, Limits::default())?;
        Self::checked(topology, StartUpRules::default()).await
    }

    /// Shares a connection that the application manages, with the time limits of that connection.
    ///
    /// The manager replaces a connection that breaks, but not one that falls silent, as after a
    /// power cut. For that, give the client TCP settings with a `user_timeout`, or use
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the server cannot be reached, refuses access, is older than Redis
    /// 6.2, is a replica or a node of a cluster, or evicts sessions.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use session_redis::RedisSessionStore;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = redis::Client::open("redis://localhost:6379")?;
    /// let manager = client.get_connection_manager().await?;
    /// let store = RedisSessionStore::new(manager.clone()).await?;
    /// # Ok(()) }
    /// ```
    pub async fn new(manager: ConnectionManager) -> Result<Self, StoreError> {
        Self::checked(Topology::managed(manager), StartUpRules::default()).await
    }

    /// Connects to a cluster by some of its nodes.
    ///
    /// The TLS settings, the user and the password of the first one are used for all nodes. The
    /// time limits are those of [`connect`](Self::connect).
    ///
    /// The store does not accept a cluster connection of the crate `redis`: that sends a write
    /// again whose answer was lost, so that the store would report its own success as a conflict.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the cluster cannot be reached, refuses access, is older than Redis
    /// 6.2, or evicts sessions.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use redis::Client;
    /// use session_redis::RedisSessionStore;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let one = Client::open("redis://10.0.0.1:6379")?;
    /// let another = Client::open("redis://10.0.0.2:6379")?;
    /// let store = RedisSessionStore::cluster([one, another]).await?;
    /// # Ok(()) }
    /// ```
    pub async fn cluster(nodes: impl IntoIterator<Item = Client>) -> Result<Self, StoreError> {
        let topology = Topology::cluster(nodes, Limits::default());
        Self::checked(topology, StartUpRules::default()).await
    }

    async fn checked(topology: Topology, rules: StartUpRules) -> Result<Self, StoreError> {
        // Boxed, or the depth of its type counts towards the compiler's limit in each application.
        Box::pin(start_up::check(&topology, &rules)).await?;
        let operations = Operations::new(Arc::new(topology), rules.prefix);
        Ok(Self(Arc::new(operations)))
    }

    /// Returns a store of the records whose keys begin with this prefix. It shares the connections.
    #[must_use]
    pub fn with_prefix(&self, prefix: &KeyPrefix) -> Self {
        Self(Arc::new(self.0.with_prefix(prefix.clone())))
    }

    /// Returns the present time of each server with records, for a check of their
    /// [clocks](crate#clocks).
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if a server cannot be reached.
    pub async fn server_times(&self) -> Result<Vec<UtcDateTime>, StoreError> {
        self.0.server_times().await
    }

    /// The beginning of all keys.
    pub fn prefix(&self) -> &KeyPrefix {
        self.0.prefix()
    }
}

impl From<RedisSessionStore> for SessionStore {
    fn from(store: RedisSessionStore) -> Self {
        Self::new(store)
    }
}

/// Shows the prefix of the keys, and nothing of the connections.
impl fmt::Debug for RedisSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessionStore")
            .field("prefix", &self.prefix().as_str())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStorageBackend for RedisSessionStore {
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError> {
        self.0.records.create(record).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        Ok(self.0.records.load(id).await?.map(Arc::new))
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        self.0.records.replace(record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        self.0.records.touch(id, expected, extension).await
    }

    async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError> {
        self.0.records.delete(id, expected).await
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.0.expired_records.delete(before, batch).await
    }

    async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        self.0.old_records.delete(until, batch, from).await
    }

    async fn all_sessions(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        self.0.all_sessions.list(batch, from).await
    }

    async fn sessions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.0.principal_sessions.list(principal, page).await
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        self.0
            .principal_sessions
            .delete_all(principal, except)
            .await
    }

    async fn delete_all_of_origin(&self, origin: &OriginHash) -> Result<u64, StoreError> {
        self.0.origin_sessions.delete_all(origin).await
    }
}
