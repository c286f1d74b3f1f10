use std::path::Path;

use session::SessionStore;
use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tempfile::TempDir;

use super::{Counter, counted, statements};

/// A file, and the pool that the store shares with the rest of the application.
pub(crate) struct Site {
    pub(crate) pool: SqlitePool,
    folder: TempDir,
    /// The connections that the pool has opened.
    pub(crate) opened: Counter,
}

impl Site {
    pub(crate) async fn durable(connections: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = connect_options(folder.path().join("app.db"));
        let opened = Counter::default();
        let pool = counted!(SqlitePoolOptions, opened).max_connections(connections);
        let pool = pool.connect_with(options).await.unwrap();
        Self {
            pool,
            folder,
            opened,
        }
    }

    /// The same: there is no server to kill.
    pub(crate) async fn fast(connections: u32) -> Self {
        Self::durable(connections).await
    }

    /// The store in the pool, with its table.
    pub(crate) async fn store(&self) -> SessionStore {
        let store = SqliteSessionStore::new(self.pool.clone());
        store.migrate().await.unwrap();
        store.into()
    }

    /// A store that opens the file itself.
    pub(crate) async fn opened(&self) -> SessionStore {
        open(self.folder.path()).await
    }
}

pub(crate) async fn open(folder: &Path) -> SessionStore {
    let store = SqliteSessionStore::open(folder.join("app.db")).await;
    store.unwrap().into()
}

statements!(Site);
