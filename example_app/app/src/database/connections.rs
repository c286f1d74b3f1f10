use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pavex::methods;
use session::SessionStore;
use session_memory::InMemorySessionStore;
use session_redis::{RedisSessionConfig, RedisSessionStore};
use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::{self, SqliteSessionStore};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{ConnectOptions, Connection, MySql, MySqlPool, PgPool, Pool, Postgres, SqlitePool};
use tokio::time::timeout;

use super::errors::{Cause, without_repetition};
use super::redis_users::RedisUsers;
use super::sql_users::SqlUsers;
use super::url::{RedisTarget, Target};
use super::users::{MemoryUsers, UserTable};
use super::{DatabaseError, DatabaseUrl};
use crate::configuration::DatabaseConfig;

/// The database, open, with all tables.
///
/// A clone is cheap and refers to the same connections.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    sessions: SessionStore,
    users: Arc<dyn UserTable>,
    connections: Connections,
}

/// What is closed in the end.
#[derive(Clone)]
enum Connections {
    None,
    Sqlite(SqliteSessionStore, SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// How many connections to a server each instance of the shop has at most. A request holds one for the time of
/// a statement.
const POOL_SIZE: u32 = 10;

/// How many connections the members have to a file, besides those of the sessions.
const USERS_POOL_SIZE: u32 = 2;

/// How long the start waits for a server.
const START_LIMIT: Duration = Duration::from_secs(5);

/// How long a request waits for a connection, which is how soon visitors are told that the server is down.
pub(super) const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

#[methods]
impl Database {
    /// Connects to the database that the configuration names, and creates the tables that it lacks.
    ///
    /// # Errors
    ///
    /// If it cannot be reached or created, or a table cannot.
    #[singleton]
    pub async fn open(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        let url = &config.url;
        let opened = match url.target() {
            Target::Memory => Ok(Self::in_memory()),
            Target::Sqlite(path) => Self::sqlite(url, path).await,
            Target::Postgres(options) => Self::postgres(url, options).await,
            Target::MySql(options) => Self::mysql(url, options).await,
            Target::Redis(target) => Self::redis(url, target).await,
        };
        opened.map_err(|cause| DatabaseError {
            url: url.clone(),
            cause,
        })
    }
}

impl Database {
    /// Nothing survives the process.
    pub fn in_memory() -> Self {
        Self {
            url: DatabaseUrl::MEMORY,
            sessions: InMemorySessionStore::new().into(),
            users: Arc::new(MemoryUsers::default()),
            connections: Connections::None,
        }
    }

    async fn sqlite(url: &DatabaseUrl, path: &Path) -> Result<Self, Cause> {
        let sessions = SqliteSessionStore::open(path).await?;
        let pool = SqlitePoolOptions::new()
            .max_connections(USERS_POOL_SIZE)
            .acquire_timeout(ACQUIRE_LIMIT)
            .connect_lazy_with(sqlite::connect_options(path));
        Ok(Self {
            url: url.clone(),
            sessions: sessions.clone().into(),
            users: Arc::new(SqlUsers::create_table(pool.clone()).await?),
            connections: Connections::Sqlite(sessions, pool),
        })
    }

    async fn postgres(url: &DatabaseUrl, options: &PgConnectOptions) -> Result<Self, Cause> {
        let pool = connect::<Postgres>(options).await?;
        let sessions = PostgresSessionStore::new(pool.clone());
        sessions.migrate().await?;
        Ok(Self {
            url: url.clone(),
            sessions: sessions.into(),
            users: Arc::new(SqlUsers::create_table(pool.clone()).await?),
            connections: Connections::Postgres(pool),
        })
    }

    async fn mysql(url: &DatabaseUrl, options: &MySqlConnectOptions) -> Result<Self, Cause> {
        let pool = connect::<MySql>(options).await?;
        let sessions = MySqlSessionStore::new(pool.clone());
        sessions.migrate().await?;
        Ok(Self {
            url: url.clone(),
            sessions: sessions.into(),
            users: Arc::new(SqlUsers::create_table(pool.clone()).await?),
            connections: Connections::MySql(pool),
        })
    }

    async fn redis(url: &DatabaseUrl, target: &RedisTarget) -> Result<Self, Cause> {
        let config = RedisSessionConfig::from(target.sessions.clone());
        let sessions = RedisSessionStore::from_config(&config).await?;
        Ok(Self {
            url: url.clone(),
            sessions: sessions.into(),
            users: Arc::new(RedisUsers::connect(&target.members).await?),
            // They end with their last use.
            connections: Connections::None,
        })
    }

    /// Waits for statements that run, and closes all connections.
    pub async fn close(&self) {
        match &self.connections {
            Connections::None => {}
            Connections::Sqlite(sessions, users) => {
                users.close().await;
                sessions.close().await;
            }
            Connections::Postgres(pool) => pool.close().await,
            Connections::MySql(pool) => pool.close().await,
        }
    }

    pub(super) fn sessions(&self) -> &SessionStore {
        &self.sessions
    }

    pub(crate) fn users(&self) -> &dyn UserTable {
        &*self.users
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.url)
    }
}

/// A pool for sessions and members together, after a first connection: a pool would not tell why it has none.
async fn connect<DB: sqlx::Database>(
    options: &<DB::Connection as Connection>::Options,
) -> Result<Pool<DB>, Cause> {
    let Ok(connected) = timeout(START_LIMIT, options.connect()).await else {
        return Err("it does not answer".into());
    };
    let connection = connected.map_err(without_repetition)?;
    connection.close().await.map_err(without_repetition)?;
    let pool = PoolOptions::new().max_connections(POOL_SIZE);
    let pool = pool.acquire_timeout(ACQUIRE_LIMIT);
    Ok(pool.connect_lazy_with(options.clone()))
}
