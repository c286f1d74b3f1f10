//! The parts of a store that is made from its configuration.

use session::SessionStore;
use session::store::{StoreError, Sweeper};
use tokio::sync::oneshot;

use crate::config::SqlSessionConfig;
use crate::database_url::{DatabaseUrl, InvalidDatabaseUrl};

/// A store cannot be made from its [configuration](SqlSessionConfig). No message shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlSetupError {
    /// The configuration names no database that this store can use.
    #[error("`session_sqlx.url` is invalid")]
    Url(#[from] InvalidDatabaseUrl),
    /// The database cannot be reached, created or migrated.
    #[error("the session database {url}, which `session_sqlx.url` names, cannot be used")]
    Store {
        /// The database.
        url: DatabaseUrl,
        /// The reason.
        source: StoreError,
    },
}

impl SqlSetupError {
    pub(crate) fn new(config: &SqlSessionConfig, source: StoreError) -> Self {
        Self::Store {
            url: config.url.clone(),
            source,
        }
    }
}

/// A task that deletes expired sessions. It ends when this is dropped, or the store is closed.
pub(crate) struct BackgroundSweeper {
    _stop: oneshot::Sender<()>,
}

impl BackgroundSweeper {
    pub(crate) fn start(
        store: SessionStore,
        closed: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let end = async {
            tokio::select! {
                _ = stopped => {}
                () = closed => {}
            }
        };
        tokio::spawn(Sweeper::new(store).run(end));
        Self { _stop: stop }
    }
}
