use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session::store::{StoreError, StoreErrorKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// The longest time that a connection waits for the writer of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The size to which SQLite cuts the write-ahead log when it is no longer needed, in bytes.
const LARGEST_LOG: &str = "67108864";

/// Returns the options for connections to a file with sessions, for a pool of the application.
///
/// They set a write-ahead log, so that readers and the writer do not wait for each other, and a
/// busy timeout of five seconds. Each commit is on the disk before it is answered. The file is
/// created if it is missing.
///
/// # Example
///
/// ```no_run
/// use session_sqlx::sqlite::{self, SqliteSessionStore};
/// use session_sqlx::sqlx::SqlitePool;
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

/// SQLite itself takes such a path for something else than the name of a file.
pub(super) fn refuse_url(path: &Path) -> Result<(), StoreError> {
    let text = path.to_string_lossy();
    let is_url = text.starts_with("sqlite:") || text.starts_with("file:") || text.contains("://");
    match is_url || text == ":memory:" {
        true => Err(StoreError::new(StoreErrorKind::Other, NotAPath)),
        false => Ok(()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "`SqliteSessionStore::open` requires the path of a file, and this is a URL or `:memory:`: use \
     `from_config` for a URL, and `in_memory` for a database in memory"
)]
struct NotAPath;

/// Creates the file, and the folders above it, unless they exist. Only the user of this process can
/// read them; SQLite gives its other files the same permissions.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let created = create_folders_above(path).and_then(|()| create_file(path));
    created.map_err(|source| {
        let path = path.to_owned();
        StoreError::new(StoreErrorKind::Unavailable, CannotCreate { path, source })
    })
}

#[derive(Debug, thiserror::Error)]
#[error("cannot create or write the file {path:?}")]
struct CannotCreate {
    path: PathBuf,
    source: io::Error,
}

fn create_folders_above(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => folder_builder().create(folder),
        None => Ok(()),
    }
}

fn folder_builder() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn create_file(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
