use std::sync::Arc;

use session::store::SessionStorageBackend;
use session_memory::InMemorySessionStore;
use session_redis::RedisSessionStore;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::SqliteSessionStore;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, SqlitePool};
use tempfile::TempDir;
use test_servers::{Database, Server, Setup, ensure_installed};

/// The stores that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Memory,
    Sqlite,
    Postgres,
    Redis,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Postgres, Self::Redis];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

/// The way to many sessions.
#[derive(Debug)]
pub(super) enum Way {
    /// The operation `create`.
    Create,
    /// Statements that copy one session, which was created, under many ids.
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A store with sessions.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) store: Arc<dyn SessionStorageBackend>,
    pub(super) way: Way,
    /// The sessions have the numbers below this one, but for those that were deleted.
    pub(super) sessions: u64,
    /// The number of operations so far, for new records.
    pub(super) operations: u64,
    // Both live as long as the store.
    _server: Option<Server>,
    _files: Option<TempDir>,
}

impl Filled {
    pub(super) async fn open(kind: Kind) -> anyhow::Result<Self> {
        match kind {
            Kind::Memory => Ok(Self::of(InMemorySessionStore::new(), Way::Create)),
            Kind::Sqlite => {
                let files = tempfile::tempdir()?;
                let file = files.path().join("sessions.db");
                let store = SqliteSessionStore::open(&file).await?;
                let options = session_sqlx::sqlite::connect_options(&file);
                let way = Way::Sqlite(SqlitePool::connect_with(options).await?);
                Ok(Self {
                    _files: Some(files),
                    ..Self::of(store, way)
                })
            }
            Kind::Postgres => {
                let server = start(Database::Postgres)?;
                // As the kit does it: one round trip for each operation.
                let options = PgPoolOptions::new().test_before_acquire(false);
                let pool = options.connect(&server.url()).await?;
                let store = PostgresSessionStore::new(pool.clone());
                store.migrate().await?;
                Ok(Self {
                    _server: Some(server),
                    ..Self::of(store, Way::Postgres(pool))
                })
            }
            Kind::Redis => {
                let server = start(Database::Redis)?;
                let client = redis::Client::open(server.url())?;
                let store = RedisSessionStore::connect(client).await?;
                Ok(Self {
                    _server: Some(server),
                    ..Self::of(store, Way::Create)
                })
            }
        }
    }

    /// Returns `true` if a sweeper deletes the expired sessions. The other stores do it themselves.
    pub(super) fn is_swept(&self) -> bool {
        !matches!(self.way, Way::Create)
    }

    fn of(store: impl SessionStorageBackend, way: Way) -> Self {
        Self {
            store: Arc::new(store),
            way,
            sessions: 0,
            operations: 0,
            _server: None,
            _files: None,
        }
    }
}

fn start(database: Database) -> anyhow::Result<Server> {
    ensure_installed(database)?;
    Setup::of(database).without_durability().start()
}
