//! Applications on a database of their own.

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::time::Duration;

use session::testing::TestApp;
use session::{SessionConfig, SessionStore};

/// The time limit of a store operation, as configured in the tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(2);

/// What is added to a limit for the machine's sake.
pub(crate) const MARGIN: Duration = Duration::from_secs(1);

/// An application with that limit.
pub(crate) fn app(store: SessionStore, limit: Duration) -> TestApp {
    let mut config = SessionConfig::default();
    config.store.timeout = limit;
    TestApp::with_config(store, &config).unwrap()
}

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
