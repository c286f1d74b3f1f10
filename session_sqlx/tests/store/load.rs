//! Clients that use a store, and a sweeper that removes what has expired.

use session::SessionStore;
use session::store::{SessionStorageBackend, Sweeper};
use session_conformance::RecordBuilder;
use session_test_support::{CLIENTS, LIMIT, Load, MARGIN, app};

const SWEEPS: u64 = 10;

/// The number of records that expire before each sweep.
const EXPIRED: u64 = 200;

/// Expects that each sweep finds all expired records, and that no request fails or loses a change.
pub(crate) async fn expect_service_beside_a_sweeper<S>(store: S)
where
    S: SessionStorageBackend + Clone + Into<SessionStore>,
{
    let app = app(store.clone());
    let sweeper = Sweeper::new(app.store.clone()).with_clock(app.clock.clone());
    let load = Load::start(&app, CLIENTS);
    for sweep in 0..SWEEPS {
        for n in 0..EXPIRED {
            let expired = RecordBuilder::new(sweep * EXPIRED + n).expires_at(app.clock.now());
            _ = store.create(&expired.build()).await.unwrap();
        }
        load.expect_all_served(LIMIT + MARGIN).await;
        assert_eq!(sweeper.sweep().await.unwrap(), EXPIRED);
    }
    let report = load.finish().await;
    report.expect_all_good();
    report.expect_kept(&app).await.expect_many();
}
