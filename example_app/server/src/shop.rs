use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use app::configuration::ServerConfig;
use app::database::Database;
use pavex::server::{IncomingStream, Server, ServerHandle, ShutdownMode};
use server_sdk::{ApplicationConfig, ApplicationState, ApplicationStateError, run};
use session::{CheckedSessionStore, Clock, SessionPolicy, SessionStore, StoreError};

/// The application with a checked configuration, ready to open.
pub struct Shop {
    state: ApplicationState,
    config: ServerConfig,
}

/// The application while it serves visitors.
pub struct RunningShop {
    address: SocketAddr,
    server: ServerHandle,
    database: Database,
    grace: Duration,
}

impl Shop {
    /// Checks the configuration and creates the singletons of the application.
    ///
    /// # Errors
    ///
    /// Returns [`ApplicationStateError`] if the configuration of the sessions or the users is not
    /// valid, or if the database cannot be opened.
    pub async fn new(config: ApplicationConfig) -> Result<Self, ApplicationStateError> {
        let server = config.server.clone();
        Ok(Self {
            state: ApplicationState::new(config).await?,
            config: server,
        })
    }

    /// Replaces the store of the sessions that the blueprint names.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be read.
    pub async fn with_session_store(mut self, store: SessionStore) -> Result<Self, StoreError> {
        let store = CheckedSessionStore::new(&store, &self.state.session_policy).await?;
        self.state.checked_session_store = store;
        Ok(self)
    }

    /// Replaces the clock for all deadlines of sessions.
    pub fn with_clock(mut self, clock: impl Into<Clock>) -> Self {
        self.state.session_policy = self.state.session_policy.with_clock(clock);
        self
    }

    /// Returns the policy of all sessions.
    pub fn session_policy(&self) -> &SessionPolicy {
        &self.state.session_policy
    }

    /// Opens the shop at the configured address.
    ///
    /// # Errors
    ///
    /// Returns [`io::Error`] if the operating system refuses the address.
    pub async fn open(self) -> io::Result<RunningShop> {
        let listener = IncomingStream::bind(self.config.address()).await?;
        let address = listener.local_addr()?;
        Ok(RunningShop {
            address,
            database: self.state.users.database().clone(),
            grace: self.config.shutdown_grace,
            server: run(Server::new().listen(listener), self.state),
        })
    }
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl RunningShop {
    /// Returns the address of the shop.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more requests, waits for the running ones, and closes the database.
    ///
    /// Each wait lasts at most `server.shutdown_grace`.
    pub async fn close(self) {
        let timeout = self.grace;
        let mode = ShutdownMode::Graceful { timeout };
        self.server.shutdown(mode).await;
        // If the database does not answer, its connections just end with the process.
        _ = tokio::time::timeout(timeout, self.database.close()).await;
    }
}

impl std::fmt::Debug for RunningShop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningShop")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
