use std::sync::Arc;

use sqlx::PgPool;

use super::dialect::PostgresDialect;
use crate::TableName;
use crate::core::SqlStore;
use crate::forward::forward;

/// Keeps session records in Postgres.
///
/// A clone is cheap and refers to the same records.
///
/// # Example
///
/// ```no_run
/// use session::SessionStore;
/// use session_sqlx::postgres::PostgresSessionStore;
/// use sqlx::PgPool;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = PgPool::connect("postgres://app@localhost/shop").await?;
/// let store = PostgresSessionStore::new(pool);
/// store.migrate().await?;
/// let store = SessionStore::from(store);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresSessionStore(Arc<SqlStore<PostgresDialect>>);

impl PostgresSessionStore {
    /// Takes the connections of a pool, e.g. the one that the application uses for its own tables.
    ///
    /// Call [`migrate`](Self::migrate) before the first use.
    pub fn new(pool: PgPool) -> Self {
        Self::with_table(pool, TableName::default())
    }

    /// The same, with a table of another name.
    pub fn with_table(pool: PgPool, table: TableName) -> Self {
        Self(Arc::new(SqlStore::new(pool, table)))
    }
}

forward!(PostgresSessionStore);
