use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pavex::{methods, singleton};
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
use super::url::{DatabaseUrl, RedisTarget, Target};
use super::users::{MemoryUsers, UserTable};
use crate::configuration::DatabaseConfig;

/// An open database in which all tables exist.
///
/// A clone is cheap and shares the connections.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    sessions: SessionStore,
    users: Arc<dyn UserTable>,
    connections: Connections,
}

/// The connections that [`Database::close`] closes.
#[derive(Clone)]
enum Connections {
    None,
    Sqlite(SqliteSessionStore, SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// The database cannot be opened. The message shows its URL without the password.
#[derive(Debug, thiserror::Error)]
#[error("the database {url} (`database.url`) cannot be opened")]
pub struct DatabaseError {
    url: DatabaseUrl,
    #[source]
    cause: Cause,
}

/// The largest number of connections of one shop to a database server. A request holds one for the
/// duration of a statement.
const POOL_SIZE: u32 = 10;

/// The largest number of connections to a SQLite file for the members; the sessions have their own.
const USERS_POOL_SIZE: u32 = 2;

/// The time that the start of the shop waits for a database server.
const START_LIMIT: Duration = Duration::from_secs(5);

/// The time that a request waits for a connection, after which the visitor gets an error page.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

#[methods]
impl Database {
    /// Connects to the configured database and creates the tables that it lacks.
    ///
    /// # Errors
    ///
    /// Returns [`DatabaseError`] if the database cannot be reached or created, or if a table cannot
    /// be created.
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

/// Returns the store for the sessions, in the same database as the members.
///
/// `session::kit()` leaves the choice of a store to the application, which needs a constructor like
/// this one.
#[singleton]
pub fn session_store(database: &Database) -> SessionStore {
    database.sessions.clone()
}

impl Database {
    /// Returns an empty database that ends with the process.
    pub fn in_memory() -> Self {
        Self {
            url: DatabaseUrl::MEMORY,
            sessions: InMemorySessionStore::new().into(),
            users: Arc::new(MemoryUsers::default()),
            connections: Connections::None,
        }
    }

    async fn sqlite(url: &DatabaseUrl, path: &Path) -> Result<Self, Cause> {
        let sessions = SqliteSessionStore::open(path).await?.with_sweeper();
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
        let sessions = PostgresSessionStore::new(pool.clone()).with_sweeper();
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
        let sessions = MySqlSessionStore::new(pool.clone()).with_sweeper();
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
        let users = RedisUsers::connect(&target.members, ACQUIRE_LIMIT).await?;
        Ok(Self {
            url: url.clone(),
            sessions: sessions.into(),
            users: Arc::new(users),
            // The connections close when their last owner is dropped.
            connections: Connections::None,
        })
    }

    /// Waits for running statements and closes all connections.
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

    pub(crate) fn users(&self) -> &dyn UserTable {
        &*self.users
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.url)
    }
}

/// Returns a pool for the sessions and the members.
///
/// Makes one connection without the pool first: the error of a pool does not include the reason.
async fn connect<DB: sqlx::Database>(
    options: &<DB::Connection as Connection>::Options,
) -> Result<Pool<DB>, Cause> {
    let Ok(connected) = timeout(START_LIMIT, options.connect()).await else {
        return Err("the server does not answer".into());
    };
    let connection = connected.map_err(without_repetition)?;
    connection.close().await.map_err(without_repetition)?;
    let pool = PoolOptions::new().max_connections(POOL_SIZE);
    let pool = pool.acquire_timeout(ACQUIRE_LIMIT);
    Ok(pool.connect_lazy_with(options.clone()))
}
