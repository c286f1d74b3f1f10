use std::sync::Arc;

use sqlx::MySqlPool;

use super::dialect::MySqlDialect;
use crate::TableName;
use crate::core::SqlStore;
use crate::forward::forward;

/// Keeps session records in MySQL or MariaDB.
///
/// A clone is cheap and refers to the same records.
///
/// # Example
///
/// ```no_run
/// use session::SessionStore;
/// use session_sqlx::mysql::MySqlSessionStore;
/// use sqlx::MySqlPool;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = MySqlPool::connect("mysql://app@localhost/shop").await?;
/// let store = MySqlSessionStore::new(pool);
/// store.migrate().await?;
/// let store = SessionStore::from(store);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MySqlSessionStore(Arc<SqlStore<MySqlDialect>>);

impl MySqlSessionStore {
    /// Takes the connections of a pool, e.g. the one that the application uses for its own tables.
    ///
    /// Call [`migrate`](Self::migrate) before the first use.
    pub fn new(pool: MySqlPool) -> Self {
        Self::with_table(pool, TableName::default())
    }

    /// The same, with a table of another name.
    pub fn with_table(pool: MySqlPool, table: TableName) -> Self {
        Self(Arc::new(SqlStore::new(pool, table)))
    }
}

forward!(MySqlSessionStore);
