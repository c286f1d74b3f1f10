//! The address of a replica in place of that of the primary server.

use session::StoreError;
use session_test_support::alone;

/// Asserts that the migration is refused, and that its error says what to do.
fn expect_refusal(migration: &Result<(), StoreError>) {
    let error = migration.as_ref().unwrap_err();
    let cause = std::error::Error::source(error).unwrap().to_string();
    for part in ["read-only", "connect to the primary server"] {
        assert!(cause.contains(part), "{part} in {cause}");
    }
}

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test]
            async fn a_replica_is_refused_at_the_start() {
                let _alone = alone().await;
                let mut site = Site::fast(1).await;
                site.store().await;
                site.make_replica().await;
                expect_refusal(&site.migrate().await);
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
