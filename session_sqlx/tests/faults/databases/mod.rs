//! A pool on a database for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

/// A number of events.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicU32>);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Options of a pool that counts the connections that it opens.
macro_rules! counted {
    ($PoolOptions:ty, $opened:ident) => {{
        let opened = $opened.clone();
        <$PoolOptions>::new().after_connect(move |_, _| {
            opened.add_one();
            Box::pin(async { Ok(()) })
        })
    }};
}
pub(crate) use counted;

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
