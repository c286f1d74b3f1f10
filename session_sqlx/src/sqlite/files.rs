use std::io;
use std::path::Path;
use std::time::Duration;

use session::store::{StoreError, StoreErrorKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// How long a connection waits for the writer of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// No more of the write-ahead log is kept on the disk once it is not needed, e.g. after a sweep.
const LARGEST_LOG: &str = "67108864";

/// The options for connections to a file with sessions, for a pool of your own.
///
/// A write-ahead log, so that readers and the writer do not wait for each other; a busy timeout
/// of five seconds; and each commit on the disk before it is answered.
/// The file is created if it is missing.
///
/// # Example
///
/// ```no_run
/// use session_sqlx::sqlite::{self, SqliteSessionStore};
/// use sqlx::SqlitePool;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = SqlitePool::connect_with(sqlite::connect_options("data/app.db")).await?;
/// let store = SqliteSessionStore::new(pool);
/// store.migrate().await?;
/// # Ok(()) }
/// ```
pub fn connect_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_size_limit", LARGEST_LOG)
}

/// Creates the file, and the folders above it, unless they are there. What is created is for the user
/// of this process alone; SQLite gives its other files the same permissions.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let created = folders_above(path).and_then(|()| file(path));
    created.map_err(|error| StoreError::new(StoreErrorKind::Unavailable, error))
}

fn folders_above(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => builder().create(folder),
        None => Ok(()),
    }
}

fn builder() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn file(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
