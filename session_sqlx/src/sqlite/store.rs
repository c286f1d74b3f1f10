use std::path::Path;
use std::sync::Arc;

use session::StoreError;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::dialect::SqliteDialect;
use super::files;
use crate::TableName;
use crate::core::SqlStore;
use crate::forward::forward;
use crate::retry::Attempts;

/// Keeps session records in SQLite.
///
/// A clone is cheap and refers to the same records.
///
/// # Example
///
/// ```
/// use session::SessionStore;
/// use session_sqlx::sqlite::SqliteSessionStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::StoreError> {
/// let store: SessionStore = SqliteSessionStore::in_memory().await?.into();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SqliteSessionStore(Arc<SqlStore<SqliteDialect>>);

/// How many connections read at once.
const READERS: u32 = 4;

impl SqliteSessionStore {
    /// Takes the connections of a pool, e.g. the one that the application uses for its own tables.
    ///
    /// See [`connect_options`](super::connect_options) for the options that connections should have,
    /// and call [`migrate`](Self::migrate) before the first use.
    pub fn new(pool: SqlitePool) -> Self {
        Self::with_table(pool, TableName::default())
    }

    /// The same, with a table of another name.
    pub fn with_table(pool: SqlitePool, table: TableName) -> Self {
        Self(Arc::new(SqlStore::new(pool, table)))
    }

    /// Opens a file, and creates it with its folder and the table if they are missing.
    ///
    /// Has [options](super::connect_options) for production, four connections that read, and one
    /// that writes: SQLite lets one write at a time, and to queue for a connection is fair, while to wait
    /// for a lock is not. A file that is created can be read by the user of this process alone.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or created, or is no database.
    ///
    /// # Example
    ///
    /// ```
    /// use session_sqlx::sqlite::SqliteSessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::StoreError> {
    /// # let folder = std::env::temp_dir().join(format!("session_sqlx-{}", std::process::id()));
    /// let store = SqliteSessionStore::open(folder.join("sessions.db")).await?;
    /// // … serve requests, then:
    /// store.close().await;
    /// # std::fs::remove_dir_all(folder).unwrap();
    /// # Ok(()) }
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        files::create(path)?;
        let options = files::connect_options(path);
        let writers = lasting_pool(1, options.clone()).await?;
        let readers = lasting_pool(READERS, options).await?;
        let core = SqlStore::with_pools(readers, writers, TableName::default());
        let store = Self(Arc::new(core));
        store.migrate().await?;
        Ok(store)
    }

    /// An empty store in memory, with its table.
    ///
    /// It has one connection, which is never closed: the database is gone when the last clone is.
    ///
    /// # Errors
    ///
    /// If SQLite fails.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let store = Self::new(lasting_pool(1, options).await?);
        store.migrate().await?;
        Ok(store)
    }

    /// Waits for operations that run, and closes all connections; the file then has everything that is
    /// otherwise still in the write-ahead log. A pool that the store was made of is closed, too.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

forward!(SqliteSessionStore);

/// Connections that stay: there is no network that they could be lost in.
async fn lasting_pool(
    connections: u32,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    let mut attempts = Attempts::default();
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Ok(pool) => return Ok(pool),
            Err(error) => {
                let busy = is_busy(&error);
                attempts.again_if::<SqliteDialect>(busy, error).await?;
            }
        }
    }
}

/// Whether another process has just the file locked. To switch a new file to the write-ahead log, SQLite needs
/// it alone, and does not wait for that.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "5")
}
