//! Removal of a million expired sessions while clients use others.

use session::store::Sweeper;
use session::testing::TestApp;
use session_test_support::{Load, alone, app};
use time::UtcDateTime;

const EXPIRED: i64 = 1_000_000;

/// Sessions that expire soon, and that no client uses.
const LIVE: i64 = 1_000;

const CLIENTS: usize = 8;
const CONNECTIONS: u32 = 8;

/// A statement that inserts a row for each number `n` from 0 to `LAST`. `NOW` and `DEADLINE` are in
/// microseconds since 1970. Ids grow with the deadline, as those of real sessions do.
#[derive(Clone, Copy)]
struct Rows {
    statement: &'static str,
    now: i128,
}

impl Rows {
    fn new(statement: &'static str, now: UtcDateTime) -> Self {
        let now = now.unix_timestamp_nanos() / 1_000;
        Self { statement, now }
    }

    /// Inserts rows that have expired, the last one just now.
    fn expired(self) -> String {
        self.insert(EXPIRED, "(NOW - LAST + n)")
    }

    /// Inserts rows that expire soon, the first one in a microsecond.
    fn live(self) -> String {
        self.insert(LIVE, "(NOW + 1 + n)")
    }

    fn insert(self, count: i64, deadline: &str) -> String {
        let last = (count - 1).to_string();
        let statement = self.statement.replace("DEADLINE", deadline);
        let statement = statement.replace("LAST", &last);
        statement.replace("NOW", &self.now.to_string())
    }

    /// Counts the rows that no client uses.
    fn count(self) -> String {
        let latest = self.now + i128::from(LIVE);
        format!("SELECT COUNT(*) FROM sessions WHERE expires_at <= {latest}")
    }
}

/// Sweeps once, as an application does, under load.
async fn sweep_under_load(app: &TestApp) {
    let load = Load::start(app, CLIENTS);
    let sweeper = Sweeper::new(app.store.clone()).with_clock(app.clock.clone());
    let start = std::time::Instant::now();
    let deleted = sweeper.sweep().await.unwrap();
    let took = start.elapsed();
    assert_eq!(deleted, u64::try_from(EXPIRED).unwrap());
    let report = load.finish().await;
    eprintln!("swept in {took:.1?}; {report}");
    report.expect_all_good();
    report.expect_kept(app).await;
}

macro_rules! on {
    ($module:ident, $database:ident, $store:ident, $statement:expr) => {
        mod $module {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn a_sweep_of_a_million_sessions_disturbs_no_request_and_removes_no_live_session()
            {
                let _alone = alone().await;
                let site = Site::fast(CONNECTIONS).await;
                let app = app(site.$store().await);
                let rows = Rows::new($statement, app.clock.now());
                site.execute(&rows.expired()).await;
                site.execute(&rows.live()).await;
                sweep_under_load(&app).await;
                assert_eq!(site.count(&rows.count()).await, LIVE);
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres, postgres, store, POSTGRES);
#[cfg(feature = "mysql")]
on!(mysql, mysql, store, MYSQL);
#[cfg(feature = "sqlite")]
on!(sqlite, sqlite, opened, SQLITE);
#[cfg(feature = "sqlite")]
on!(sqlite_in_a_pool_of_the_application, sqlite, store, SQLITE);

#[cfg(feature = "postgres")]
const POSTGRES: &str = "\
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, state) \
    SELECT lpad(to_hex(DEADLINE), 32, '0')::uuid, 1, NOW, NOW, NOW, DEADLINE, \
    1, 0, decode(repeat('00', 32), 'hex'), '{}'::bytea FROM generate_series(0, LAST) AS n";

#[cfg(feature = "mysql")]
const MYSQL: &str = "\
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, state) \
    WITH digits (d) AS (SELECT 0 UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 \
    UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9), \
    thousand (n) AS (SELECT a.d + 10 * b.d + 100 * c.d FROM digits a, digits b, digits c), \
    numbers (n) AS (SELECT a.n + 1000 * b.n FROM thousand a, thousand b) \
    SELECT UNHEX(LPAD(HEX(DEADLINE), 32, '0')), 1, NOW, NOW, NOW, DEADLINE, \
    1, 0, REPEAT('0', 32), '{}' FROM numbers WHERE n <= LAST";

#[cfg(feature = "sqlite")]
const SQLITE: &str = "\
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < LAST) \
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, state) \
    SELECT CAST(printf('%016x', DEADLINE) AS BLOB), 1, NOW, NOW, NOW, DEADLINE, \
    1, 0, zeroblob(32), CAST('{}' AS BLOB) FROM numbers";
