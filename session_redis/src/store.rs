use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use redis::Client;
use redis::aio::ConnectionManager;
use redis::sentinel::SentinelClient;
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
    SessionSummary, TouchOutcome,
};
use session::{Principal, SessionId, SessionStore, StoreError};
use time::UtcDateTime;

use crate::config::{RedisSessionConfig, RedisSetupError};
use crate::core::Core;
use crate::errors::store_error;
use crate::limits::Limits;
use crate::link::Link;
use crate::{KeyPrefix, tls};

/// Keeps session records in Redis or Valkey.
///
/// A clone is cheap and refers to the same records.
///
/// All constructors connect, and [check](crate#what-is-checked-at-start-up) how the servers are set up.
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
pub struct RedisSessionStore(Arc<Core>);

impl RedisSessionStore {
    /// Connects as the configuration says.
    ///
    /// # Errors
    ///
    /// If the configuration breaks a rule, or there is no such server, or it does not let us in.
    pub async fn from_config(config: &RedisSessionConfig) -> Result<Self, RedisSetupError> {
        let link = config.link()?;
        Ok(Self::checked(link, config.prefix.clone()).await?)
    }

    /// Connects to one server, with one connection that all operations share.
    ///
    /// A connection that breaks or falls silent is replaced. Time limits are one second for connecting and
    /// one for an answer. The TCP settings of the client are replaced by such that notice a lost connection soon.
    ///
    /// # Errors
    ///
    /// If there is no such server, or it does not let us in.
    pub async fn connect(client: Client) -> Result<Self, StoreError> {
        tls::prepare();
        let info = client.get_connection_info().clone();
        let info = info.set_tcp_settings(crate::limits::tcp_settings());
        let client = Client::open(info).map_err(store_error)?;
        let link = Link::to_server(client, Limits::default());
        Self::checked(link, KeyPrefix::default()).await
    }

    /// Shares a connection that the application manages.
    ///
    /// Its time limits count. It is replaced when it breaks, but not when it falls silent (a power cut, a
    /// firewall that forgot it): for that, give the client TCP settings with a `user_timeout`, or use
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// If there is no such server, or it does not let us in.
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
        Self::checked(Link::Managed(manager), KeyPrefix::default()).await
    }

    /// Connects to a cluster, of which these are some nodes. What the first one demands of its clients (TLS, user,
    /// password), all do.
    ///
    /// This takes no cluster connection of the crate `redis`: such a one sends a write again whose answer was lost, and so
    /// takes its own success for somebody else's. Time limits are those of [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// If there is no such cluster, or it does not let us in.
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
        tls::prepare();
        let link = Link::to_cluster(nodes, Limits::default());
        Self::checked(link, KeyPrefix::default()).await
    }

    /// Connects to the master that sentinels know; again after a failover.
    ///
    /// # Errors
    ///
    /// If no sentinel answers or knows the master, or it does not let us in.
    pub async fn sentinel(client: SentinelClient) -> Result<Self, StoreError> {
        tls::prepare();
        let link = Link::to_master(client, Limits::default());
        Self::checked(link, KeyPrefix::default()).await
    }

    async fn checked(link: Link, prefix: KeyPrefix) -> Result<Self, StoreError> {
        let core = Core::new(link, prefix);
        core.check().await?;
        Ok(Self(Arc::new(core)))
    }

    /// A store of other records: those whose keys begin with this prefix. It shares the connections.
    #[must_use]
    pub fn with_prefix(&self, prefix: &KeyPrefix) -> Self {
        Self(Arc::new(self.0.with_prefix(prefix.clone())))
    }

    /// What the keys of the records begin with.
    pub fn prefix(&self) -> &KeyPrefix {
        &self.0.prefix
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
        self.0.create(record).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        Ok(self.0.load(id).await?.map(Arc::new))
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        self.0.replace(record, expected).await
    }

    async fn touch(&self, id: SessionId, extension: Extension) -> Result<TouchOutcome, StoreError> {
        self.0.touch(id, extension).await
    }

    async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        self.0.delete(id).await
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.0.delete_expired(before, batch).await
    }

    async fn sessions_of(&self, principal: &Principal) -> Result<Vec<SessionSummary>, StoreError> {
        self.0.sessions_of(principal).await
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        self.0.delete_all_of(principal, except).await
    }
}
