//! Reads of a copy of the record, beside the end or the change of its session.

use std::time::Duration;

use session::testing::{Intercepted, TestApp, TestBrowser};
use session::{LogIn, Principal, SessionConfig, SessionError, SessionRegistry, SessionStore};

use crate::expect::{expect, no_error};
use crate::record::principal;
use crate::script::{StoppedTask, Stops};
use crate::store::StoreUnderTest;

const PROMISE: &str =
    "once an operation has ended or changed a session, no copy from before it is read";
const ISSUER: &str = "https://id.example";
const KEY: &str = "theme";

/// Checks all orders of a load and of an operation that ends or changes its session: the beginning,
/// the effect and the end of each.
pub async fn no_load_overtakes_the_end_or_the_change_of_its_session(store: StoreUnderTest) {
    let rivals = [
        Rival::LogOut,
        Rival::RevokeAll,
        Rival::RevokeOrigin,
        Rival::Renew,
        Rival::Write,
    ];
    for rival in rivals {
        expect_no_overtaking(&store, rival).await;
    }
}

/// Checks the same with an operation that ends all sessions.
pub async fn no_load_overtakes_revoking_all_sessions(store: StoreUnderTest) {
    expect_no_overtaking(&store, Rival::RevokeEverything).await;
}

async fn expect_no_overtaking(store: &StoreUnderTest, rival: Rival) {
    for order in orders() {
        let mut race = Race::begin(store, rival).await;
        for party in order {
            race.take_step(party).await;
        }
        race.expect_outcome(order).await;
    }
}

/// Returns all orders of three steps of each party.
fn orders() -> impl Iterator<Item = [usize; 6]> {
    // Each number of six bits of which three are set is an order.
    let with_three_bits = (0_u8..64).filter(|bits| bits.count_ones() == 3);
    with_three_bits.map(|bits| std::array::from_fn(|i| usize::from(bits >> i & 1)))
}

/// The act of the other party.
#[derive(Clone, Copy, Debug)]
enum Rival {
    LogOut,
    RevokeAll,
    RevokeOrigin,
    RevokeEverything,
    Renew,
    Write,
}

impl Rival {
    /// The operation that ends or changes the session.
    fn operation(self) -> &'static str {
        match self {
            Self::LogOut => "delete",
            Self::RevokeAll => "delete_all_of",
            Self::RevokeOrigin => "delete_all_of_origin",
            Self::RevokeEverything => "delete_created_until",
            Self::Renew | Self::Write => "replace",
        }
    }

    async fn act(self, app: TestApp, mut browser: TestBrowser) {
        let registry = SessionRegistry::new(&app.store, &app.policy);
        no_error(PROMISE, self.revoke(&registry).await);
        let mut session = browser.request();
        match self {
            Self::LogOut => session.log_out(),
            Self::Renew => session.renew(),
            Self::Write => no_error(PROMISE, session.insert(KEY, &1).await),
            Self::RevokeAll | Self::RevokeOrigin | Self::RevokeEverything => {}
        }
        no_error(PROMISE, browser.respond(session).await);
    }

    /// Returns the number of revoked sessions.
    async fn revoke(self, registry: &SessionRegistry) -> Result<u64, SessionError> {
        match self {
            Self::RevokeAll => registry.revoke_all(&principal("alice")).await,
            Self::RevokeOrigin => registry.revoke_origin(ISSUER, "1").await,
            Self::RevokeEverything => registry.revoke_all_sessions().await,
            Self::LogOut | Self::Renew | Self::Write => Ok(0),
        }
    }
}

/// A browser with a session of `alice` of which there is a copy, and two parties that use it.
struct Race {
    app: TestApp,
    browser: TestBrowser,
    stops: Stops,
    rival: Rival,
    parties: [Option<StoppedTask>; 2],
    steps: [u8; 2],
}

impl Race {
    async fn begin(store: &StoreUnderTest, rival: Rival) -> Self {
        let stops = Stops::default();
        let app = application(store, &stops);
        let mut browser = app.browser();
        let mut session = browser.request();
        let log_in = LogIn::new(principal("alice")).with_origin(ISSUER, "1");
        no_error(PROMISE, session.log_in(log_in).await);
        no_error(PROMISE, browser.respond(session).await);
        expect(
            PROMISE,
            (Some(principal("alice")), None),
            seen(&browser).await,
        );
        Self {
            app,
            browser,
            stops,
            rival,
            parties: [None, None],
            steps: [0, 0],
        }
    }

    /// Takes the next step of a party: its operation begins, takes effect or ends.
    async fn take_step(&mut self, party: usize) {
        self.steps[party] += 1;
        match (self.steps[party], self.parties[party].take()) {
            (1, _) => self.parties[party] = Some(self.start(party).await),
            (2, Some(task)) => {
                task.take_effect().await;
                self.parties[party] = Some(task);
            }
            (_, Some(task)) => task.end().await,
            (_, None) => unreachable!("the first step starts the task"),
        }
    }

    async fn start(&self, party: usize) -> StoppedTask {
        let (browser, rival) = (self.browser.clone(), self.rival);
        match party {
            0 => {
                let load = async move { no_error(PROMISE, browser.request().force_load().await) };
                self.stops.start("load", load).await
            }
            _ => {
                let act = rival.act(self.app.clone(), browser);
                self.stops.start(rival.operation(), act).await
            }
        }
    }

    /// Requires that the copy shows what the operation has left.
    async fn expect_outcome(&self, order: [usize; 6]) {
        let promise = format!("{PROMISE} [{:?}: {order:?}]", self.rival);
        let expected = match self.rival {
            Rival::Write => (Some(principal("alice")), Some(1)),
            // The cookie has the secret from before the renewal.
            _ => (None, None),
        };
        expect(&promise, expected, seen(&self.browser).await);
    }
}

fn application(store: &StoreUnderTest, stops: &Stops) -> TestApp {
    let mut config = SessionConfig::default();
    // A store may be slow.
    config.store.timeout = Duration::from_secs(60);
    config.store.recent = Duration::from_secs(60);
    let store = SessionStore::new(Intercepted::new(store.backend(), stops.clone()));
    TestApp::with_config(store, &config).expect("the configuration is valid")
}

/// Returns the principal and the value of a recent read.
async fn seen(browser: &TestBrowser) -> (Option<Principal>, Option<u64>) {
    let session = browser.request();
    let recent = no_error(PROMISE, session.recent().await);
    let value = no_error(PROMISE, recent.get(KEY));
    (recent.principal().cloned(), value)
}
