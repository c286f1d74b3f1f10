//! The permissions of the files of a database.

use std::fmt::Debug;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::id;
use session_sqlx::SqlSessionConfig;
use session_sqlx::sqlite::{self, SqliteSessionStore};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteJournalMode;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::workers::worker;

/// The variable that the test below sets for the process without a umask.
const IN_CHILD: &str = "SESSION_SQLX_WITHOUT_UMASK";

#[tokio::test]
async fn every_created_file_is_private_without_a_umask() {
    if std::env::var_os(IN_CHILD).is_some() {
        return create_without_umask().await;
    }
    let output = Command::new("sh")
        .args(["-c", "umask 0; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("sqlite::privacy::every_created_file_is_private_without_a_umask")
        .env(IN_CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(printed.contains("1 passed"), "{printed}");
}

/// The end of a runtime closes its connections, and another one opens new ones.
#[test]
fn a_file_that_is_removed_while_no_connection_is_open_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let store = worker().block_on(SqliteSessionStore::open(&file)).unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = worker().block_on(store.load(id(1))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(!file.exists());
}

async fn create_without_umask() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("control"), "").unwrap();
    assert_eq!(mode(&path("control")), 0o666, "the umask is 0");

    let opened = SqliteSessionStore::open(path("opened.db")).await.unwrap();
    let url = format!("sqlite:{}", path("configured.db").display());
    let config = SqlSessionConfig::new(url.parse().unwrap());
    let configured = SqliteSessionStore::from_config(&config).await.unwrap();
    let pooled = in_pool(&path("pooled.db"), SqliteJournalMode::Wal).await;
    for name in ["opened.db", "configured.db", "pooled.db"] {
        for suffix in ["", "-wal", "-shm"] {
            assert_private(&path(&format!("{name}{suffix}")));
        }
    }
    let journalled = in_pool(&path("old.db"), SqliteJournalMode::Persist).await;
    assert_private(&path("old.db"));
    assert_private(&path("old.db-journal"));
    for store in [opened, configured, pooled, journalled] {
        store.close().await;
    }
}

async fn in_pool(path: &Path, journal: SqliteJournalMode) -> SqliteSessionStore {
    sqlite::create_file(path).unwrap();
    let options = sqlite::connect_options(path).journal_mode(journal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let store = SqliteSessionStore::new(pool);
    store.migrate().await.unwrap();
    store
}

#[tokio::test]
async fn a_file_that_others_can_access_is_one_warning_and_keeps_its_mode() {
    for lax in [0o644, 0o660, 0o606] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        std::fs::write(&path, "").unwrap();
        set_mode(&path, lax);
        let warnings = warnings_of(async {
            let store = SqliteSessionStore::open(&path).await.unwrap();
            store.close().await;
        });
        let warnings = warnings.await;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let (path_text, mode_text) = (path.display().to_string(), format!("0{lax:o}"));
        for part in [&path_text, &mode_text, "chmod 600"] {
            assert!(warnings[0].contains(part), "{part} in {warnings:?}");
        }
        assert_eq!(mode(&path), lax);
    }
}

#[tokio::test]
async fn a_lax_file_in_a_pool_of_the_application_is_a_warning_at_the_migration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    std::fs::write(&path, "").unwrap();
    set_mode(&path, 0o644);
    let warnings = warnings_of(async {
        let options = sqlite::connect_options(&path);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let store = SqliteSessionStore::new(pool);
        store.migrate().await.unwrap();
        store.close().await;
    });
    assert_eq!(warnings.await.len(), 1);
}

#[tokio::test]
async fn a_lax_log_beside_a_private_file_is_named_by_the_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let first = SqliteSessionStore::open(&path).await.unwrap();
    let log = folder.path().join("sessions.db-wal");
    set_mode(&log, 0o644);
    let warnings = warnings_of(async {
        SqliteSessionStore::open(&path).await.unwrap().close().await;
    });
    let warnings = warnings.await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("sessions.db-wal"), "{warnings:?}");
    first.close().await;
}

#[tokio::test]
async fn a_private_file_and_a_database_in_memory_are_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let warnings = warnings_of(async {
        SqliteSessionStore::open(&path).await.unwrap().close().await;
        SqliteSessionStore::open(&path).await.unwrap().close().await;
        SqliteSessionStore::in_memory().await.unwrap().close().await;
    });
    assert_eq!(warnings.await, Vec::<String>::new());
}

#[test]
fn the_file_of_a_path_in_memory_is_refused_and_not_created() {
    for path in [":memory:", "file:app.db?mode=memory", "sqlite::memory:"] {
        sqlite::create_file(path).unwrap_err();
        assert!(!Path::new(path).exists(), "{path}");
    }
}

fn mode(path: &Path) -> u32 {
    let permissions = std::fs::metadata(path).unwrap().permissions();
    permissions.mode() & 0o777
}

fn assert_private(path: &Path) {
    assert_eq!(mode(path), 0o600, "{path:?}");
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Returns the warnings of the store about its file while the future runs.
async fn warnings_of(future: impl Future<Output = ()>) -> Vec<String> {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    future.await;
    drop(guard);
    let warnings = log.0.lock().unwrap();
    warnings.clone()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let is_ours = metadata.target().starts_with("session");
        if is_ours && *metadata.level() == Level::WARN {
            let mut text = Text::default();
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
    }
}

/// The fields of an event.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}
