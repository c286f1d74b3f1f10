use std::path::Path;
use std::time::Duration;

use session::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool};

use super::dialect::SqliteDialect;
use super::files;
use crate::config::SqlSessionConfig;
use crate::database_url::DatabaseKind;
use crate::engine::Commits;
use crate::errors::store_error;
use crate::lease::Lease;
use crate::opener::Opener;
use crate::retry::Attempts;
use crate::runtime_pools::RuntimePools;
use crate::setup::SqlSetupError;
use crate::source::Source;
use crate::sql_store::SqlStore;
use crate::store::store;
use crate::table::TableName;

store! {
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
    SqliteSessionStore, SqlitePool, SqliteDialect
}

/// The number of connections that read, unless it is configured.
const READERS: u32 = 4;

/// The longest time that an operation waits for a connection to a file.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(30);

impl SqliteSessionStore {
    /// Opens the configured file as [`open`](Self::open) does, and
    /// [sweeps](Self::with_sweeper).
    ///
    /// # Errors
    ///
    /// Returns [`SqlSetupError`] if the URL is not one of SQLite, or if the file cannot be created,
    /// opened or migrated.
    pub async fn from_config(config: &SqlSessionConfig) -> Result<Self, SqlSetupError> {
        let options: SqliteConnectOptions = config.url.options(DatabaseKind::Sqlite)?;
        let (table, readers) = (config.table.clone(), config.max_connections_or(READERS));
        let opened = match config.url.is_in_memory() {
            true => Self::in_memory_with_table(table).await,
            false => Self::open_file(options.get_filename(), table, readers).await,
        };
        let store = opened.map_err(|error| SqlSetupError::new(config, error))?;
        Ok(store.with_sweeper())
    }

    /// Opens the configured file. It creates neither a file nor a table, and changes no setting
    /// that the file keeps, such as its journal mode.
    ///
    /// It is for programs beside the application, such as those of an administrator. See
    /// [`is_migrated`](Self::is_migrated).
    ///
    /// # Errors
    ///
    /// Returns [`SqlSetupError`] if the URL is not one of SQLite, or if the file is missing or
    /// cannot be opened.
    pub async fn connect(config: &SqlSessionConfig) -> Result<Self, SqlSetupError> {
        let options: SqliteConnectOptions = config.url.options(DatabaseKind::Sqlite)?;
        let (table, readers) = (config.table.clone(), config.max_connections_or(READERS));
        let connected = match config.url.is_in_memory() {
            true => Self::connect_in_memory(table).await,
            false => {
                let options = files::existing_file(options.get_filename());
                Self::connect_file(options, table, readers).await
            }
        };
        connected.map_err(|error| SqlSetupError::new(config, error))
    }

    /// Opens a file, and creates it with its folder and the table if they are missing.
    ///
    /// The store has [options](super::connect_options) for production. It keeps up to four
    /// connections that read, or two for each runtime that uses it if that is more. Another one of
    /// each runtime writes, and a second one if an operation on the first one waits. Only the user
    /// of this process can access a file that is created here. A warning names an existing file
    /// that others can access; its mode stays.
    ///
    /// `path` is not a URL: one that is `:memory:`, begins with `sqlite:` or `file:`, or contains
    /// `://` is an error. For a URL, see [`from_config`](Self::from_config).
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the file cannot be opened or created, or is not a database.
    ///
    /// # Example
    ///
    /// ```
    /// use session_sqlx::sqlite::SqliteSessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::StoreError> {
    /// # let folder = std::env::temp_dir().join(format!("session_sqlx-{}", std::process::id()));
    /// let store = SqliteSessionStore::open(folder.join("sessions.db")).await?.with_sweeper();
    /// // … serve requests, then:
    /// store.close().await;
    /// # std::fs::remove_dir_all(folder).unwrap();
    /// # Ok(()) }
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_file(path.as_ref(), TableName::default(), READERS).await
    }

    async fn open_file(path: &Path, table: TableName, readers: u32) -> Result<Self, StoreError> {
        files::create_file(path)?;
        // A file that somebody removes later must not come back with other permissions.
        let options = files::connect_options(path).create_if_missing(false);
        let store = Self::connect_file(options, table, readers).await?;
        store.migrate().await?;
        Ok(store)
    }

    async fn connect_file(
        options: SqliteConnectOptions,
        table: TableName,
        readers: u32,
    ) -> Result<Self, StoreError> {
        let writers = file(1, options.clone()).await?;
        let readers = file(readers, options).await?;
        Ok(Self::of(SqlStore::with_sources(readers, writers, table)))
    }

    /// Returns an empty store in memory, with its table.
    ///
    /// It has one connection, which is never closed. The last clone of the store takes the database
    /// with it.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if SQLite fails.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::in_memory_with_table(TableName::default()).await
    }

    async fn in_memory_with_table(table: TableName) -> Result<Self, StoreError> {
        let store = Self::connect_in_memory(table).await?;
        store.migrate().await?;
        Ok(store)
    }

    async fn connect_in_memory(table: TableName) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        Ok(Self::with_table(lasting_connection(options).await?, table))
    }

    /// Waits for operations that run, and closes all connections, also those of a pool that the
    /// store was made of. The file then contains everything that is otherwise still in the
    /// write-ahead log. Each runtime that has used the store must run, or have ended.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// Opens a connection that stays, as the database in memory does.
async fn lasting_connection(options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    let pool = pool.connect_with(options).await;
    pool.map_err(store_error::<Sqlite>)
}

/// Returns connections to a file, after a first one.
async fn file(limit: u32, options: SqliteConnectOptions) -> Result<Source<Sqlite>, StoreError> {
    let pools = RuntimePools::new(Opener::new(options), limit, ACQUIRE_LIMIT);
    let source = Source::Store(pools);
    let mut attempts = Attempts::default();
    loop {
        match Lease::of(&source, Commits::ByItself).await {
            Ok(lease) => return lease.end(Ok(source)).await.map_err(store_error::<Sqlite>),
            Err(error) => {
                let may_succeed = is_busy(&error);
                attempts.wait_if::<Sqlite>(may_succeed, error).await?;
            }
        }
    }
}

/// Returns `true` if another process has the file locked. To switch a new file to the write-ahead
/// log, SQLite needs it alone, and does not wait for that.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "5")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn the_sweeper_ends_with_the_connections() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteSessionStore::open(folder.path().join("a.db")).await;
        let store = store.unwrap().with_sweeper();
        assert!(Arc::strong_count(&store.store) > 1);
        store.close().await;
        while Arc::strong_count(&store.store) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
