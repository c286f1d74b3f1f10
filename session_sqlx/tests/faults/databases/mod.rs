//! A pool on a database for each test.

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

/// Statements of a test, beside those of the store.
macro_rules! statements {
    ($Site:ty) => {
        impl $Site {
            pub(crate) async fn execute(&self, statement: &str) {
                let done = sqlx::query(statement).execute(&self.pool).await;
                done.unwrap();
            }

            pub(crate) async fn count(&self, query: &str) -> i64 {
                let count = sqlx::query_scalar(query).fetch_one(&self.pool).await;
                count.unwrap()
            }
        }
    };
}
pub(crate) use statements;
