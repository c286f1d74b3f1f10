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
/// created if it is missing. [`create_file`] creates it so that only its owner can access it.
///
/// # Example
///
/// ```no_run
/// use session_sqlx::sqlite::{self, SqliteSessionStore};
/// use session_sqlx::sqlx::SqlitePool;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// sqlite::create_file("data/app.db")?;
/// let pool = SqlitePool::connect_with(sqlite::connect_options("data/app.db")).await?;
/// let store = SqliteSessionStore::new(pool);
/// store.migrate().await?;
/// # Ok(()) }
/// ```
pub fn connect_options(path: impl AsRef<Path>) -> SqliteConnectOptions {
    existing_file(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
}

/// Returns the options for a file that is there. They leave its journal mode, which SQLite would
/// write to the file, as it is.
pub(super) fn existing_file(path: impl AsRef<Path>) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_size_limit", LARGEST_LOG)
}

/// SQLite itself takes such a path for something else than the name of a file.
fn refuse_url(path: &Path) -> Result<(), StoreError> {
    let text = path.to_string_lossy();
    let is_url = text.starts_with("sqlite:") || text.starts_with("file:") || text.contains("://");
    match is_url || text == ":memory:" {
        true => Err(StoreError::new(StoreErrorKind::Other, NotAPath)),
        false => Ok(()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the store requires the path of a file, and this is a URL or `:memory:`: use `from_config` for \
     a URL, and `in_memory` for a database in memory"
)]
struct NotAPath;

/// Creates the file of a database, and the folders above it, unless they exist.
///
/// Only the user of this process can access what is created here, whatever the umask is. SQLite
/// gives its other files the same permissions. An existing file or folder stays as it is. Call this
/// before a pool of the application opens the file, which otherwise has the permissions that the
/// umask leaves. [`SqliteSessionStore::open`](super::SqliteSessionStore::open) does it itself.
///
/// On systems other than Unix, the permissions are those of the folder.
///
/// # Errors
///
/// Returns [`StoreError`] if the path is a URL or `:memory:`, or if the file cannot be created or
/// written.
///
/// # Example
///
/// ```
/// use session_sqlx::sqlite;
///
/// # fn main() -> Result<(), session::StoreError> {
/// # let folder = std::env::temp_dir().join(format!("session_sqlx-file-{}", std::process::id()));
/// sqlite::create_file(folder.join("app.db"))?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok(()) }
/// ```
pub fn create_file(path: impl AsRef<Path>) -> Result<(), StoreError> {
    let path = path.as_ref();
    refuse_url(path)?;
    let created = create_folders_above(path).and_then(|()| create_unless_there(path));
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

fn create_unless_there(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Reports a database that other users can access, by one event that names its files.
#[cfg(unix)]
pub(super) fn warn_unless_private(path: &Path) {
    if refuse_url(path).is_err() {
        return;
    }
    let lax: Vec<_> = ["", "-wal", "-shm", "-journal"]
        .iter()
        .filter_map(|suffix| with_mode_if_lax(path, suffix))
        .collect();
    let Some((file, mode)) = lax.first() else {
        return;
    };
    let files: Vec<_> = lax.iter().map(|(file, _)| format!("{file:?}")).collect();
    tracing::warn!(
        file = %file.display(),
        mode = %format_args!("{mode:04o}"),
        "other users can access the sessions in this file: run `chmod 600 {}`",
        files.join(" ")
    );
}

/// The permissions of a file are those of its folder.
#[cfg(not(unix))]
pub(super) fn warn_unless_private(_: &Path) {}

/// Returns the file and its mode if it exists and others than its owner can access it.
#[cfg(unix)]
fn with_mode_if_lax(path: &Path, suffix: &str) -> Option<(PathBuf, u32)> {
    let mut file = path.as_os_str().to_owned();
    file.push(suffix);
    let permissions = std::fs::metadata(&file).ok()?.permissions();
    let mode = std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777;
    (mode & 0o077 != 0).then(|| (file.into(), mode))
}
