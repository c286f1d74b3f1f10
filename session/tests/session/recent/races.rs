//! A load beside the end or the change of its session, in all orders, and with each fate of the
//! operation that ends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use session::store::{SerializedState, SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp, TestBrowser};
use session::{LogIn, Principal, SessionConfig, SessionRegistry, SessionStore};
use session_memory::InMemorySessionStore;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);
const ISSUER: &str = "https://id.example";

/// Lets each load take some time.
#[derive(Debug)]
pub(super) struct Slow(pub(super) Duration);

#[async_trait]
impl Interceptor for Slow {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        if let Operation::Load(_) = operation {
            tokio::time::sleep(self.0).await;
        }
        operation.run(store).await
    }
}

/// Lets loads overtake all other operations.
#[derive(Debug)]
struct SlowExceptLoads;

#[async_trait]
impl Interceptor for SlowExceptLoads {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        if !matches!(operation, Operation::Load(_)) {
            settle().await;
        }
        operation.run(store).await
    }
}

/// The act of the other party.
#[derive(Clone, Copy, Debug)]
enum Rival {
    LogOut,
    Revoke,
    RevokeAll,
    RevokeOrigin,
    RevokeEverything,
    Renew,
    LogIn,
    LogInOfBob,
    Write,
}

const RIVALS: [Rival; 9] = [
    Rival::LogOut,
    Rival::Revoke,
    Rival::RevokeAll,
    Rival::RevokeOrigin,
    Rival::RevokeEverything,
    Rival::Renew,
    Rival::LogIn,
    Rival::LogInOfBob,
    Rival::Write,
];

/// The fate of the rival's operation, whose effect takes place in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Succeeds,
    Fails,
    Panics,
    /// The answer does not come within the time limit.
    TimesOut,
    /// The request is dropped, and the operation runs on.
    IsDropped,
}

const FATES: [Fate; 5] = [
    Fate::Succeeds,
    Fate::Fails,
    Fate::Panics,
    Fate::TimesOut,
    Fate::IsDropped,
];

/// Stops the next operation of a name before its effect and after it.
#[derive(Clone, Debug, Default)]
struct Stops(Arc<Mutex<Vec<Stop>>>);

#[derive(Clone, Debug)]
struct Stop {
    operation: &'static str,
    permits: Arc<Semaphore>,
    fate: Fate,
}

impl Stops {
    fn add(&self, operation: &'static str, fate: Fate) -> Arc<Semaphore> {
        let permits = Arc::new(Semaphore::new(0));
        let stop = Stop {
            operation,
            permits: permits.clone(),
            fate,
        };
        self.0.lock().unwrap().push(stop);
        permits
    }

    fn next(&self, operation: &str) -> Option<Stop> {
        let mut stops = self.0.lock().unwrap();
        let at = stops.iter().position(|stop| stop.operation == operation)?;
        Some(stops.remove(at))
    }
}

#[async_trait]
impl Interceptor for Stops {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Some(stop) = self.next(operation.name()) else {
            return operation.run(store).await;
        };
        stop.permits.acquire().await.unwrap().forget();
        let answer = operation.run(store).await;
        stop.permits.acquire().await.unwrap().forget();
        match stop.fate {
            Fate::Succeeds | Fate::IsDropped => answer,
            Fate::Fails => Err(StoreError::new(
                StoreErrorKind::Unavailable,
                std::io::Error::from(std::io::ErrorKind::ConnectionReset),
            )),
            Fate::Panics => panic!("the store panics"),
            Fate::TimesOut => std::future::pending().await,
        }
    }
}

impl Rival {
    /// The fates of its operation under which the session changes or ends.
    fn fates(self) -> &'static [Fate] {
        match self {
            // It examines the records in many steps. A step that does not succeed is the last one,
            // mostly before it has come to the session.
            Self::RevokeEverything => &[Fate::Succeeds],
            _ => &FATES,
        }
    }

    /// The operation that changes or ends the session.
    fn operation(self) -> &'static str {
        match self {
            Self::LogOut | Self::Revoke | Self::LogInOfBob => "delete",
            Self::RevokeAll => "delete_all_of",
            Self::RevokeOrigin => "delete_all_of_origin",
            Self::RevokeEverything => "delete_created_until",
            Self::Renew | Self::LogIn | Self::Write => "replace",
        }
    }

    async fn act(self, app: TestApp, browser: TestBrowser) {
        let mut session = browser.request();
        session.force_load().await.unwrap();
        let registry = SessionRegistry::new(&app.store, &app.policy);
        match self {
            Self::LogOut => session.log_out(),
            Self::Revoke => {
                let id = session.id().unwrap();
                _ = registry.revoke(&alice(), id).await;
            }
            Self::RevokeAll => _ = registry.revoke_all(&alice()).await,
            Self::RevokeOrigin => _ = registry.revoke_origin(ISSUER, "1").await,
            Self::RevokeEverything => _ = registry.revoke_all_sessions().await,
            Self::Renew => session.renew(),
            Self::LogIn => session.log_in(alice()).await.unwrap(),
            Self::LogInOfBob => session.log_in(bob()).await.unwrap(),
            Self::Write => session.insert("theme", "dark").await.unwrap(),
        }
        _ = browser.clone().respond(session).await;
    }
}

/// A party whose one operation is stopped before its effect and after it.
struct Party {
    task: Option<JoinHandle<()>>,
    permits: Arc<Semaphore>,
}

/// Two parties that use one session: one loads it, the other one changes or ends it.
struct Race {
    app: TestApp,
    browser: TestBrowser,
    stops: Stops,
    rival: Rival,
    fate: Fate,
    parties: [Option<Party>; 2],
    steps: [u8; 2],
}

const READER: usize = 0;
const RIVAL: usize = 1;

impl Race {
    async fn begin(rival: Rival, fate: Fate) -> Self {
        let stops = Stops::default();
        let memory = Arc::new(InMemorySessionStore::new());
        let store = SessionStore::new(Intercepted::new(memory, stops.clone()));
        let mut config = SessionConfig::default();
        config.store.recent = MINUTE;
        let app = TestApp::with_config(store, &config).unwrap();
        let mut browser = app.browser();
        let mut session = browser.request();
        let log_in = LogIn::new(alice()).with_origin(ISSUER, "1");
        session.log_in(log_in).await.unwrap();
        browser.respond(session).await.unwrap();
        assert_eq!(recent(&browser).await, (Some(alice()), None));
        Self {
            app,
            browser,
            stops,
            rival,
            fate,
            parties: [None, None],
            steps: [0, 0],
        }
    }

    /// Takes the next step of a party: its operation begins, takes effect, ends.
    async fn step(&mut self, party: usize) {
        let step = self.steps[party];
        self.steps[party] += 1;
        match (step, &mut self.parties[party]) {
            (0, slot) => {
                *slot = Some(match party {
                    READER => read(&self.stops, self.browser.clone()),
                    _ => act(&self.stops, self.rival, self.fate, &self.app, &self.browser),
                });
            }
            (1, Some(party)) => party.permits.add_permits(1),
            (_, Some(party)) => {
                party.permits.add_permits(1);
                settle().await;
                while !party.is_over() {
                    // Its time limit has several parts.
                    tokio::time::advance(SECOND).await;
                    settle().await;
                }
            }
            _ => unreachable!("the first step begins"),
        }
        settle().await;
        self.drop_request(party).await;
    }

    /// Drops the request of the rival, once its operation has begun.
    async fn drop_request(&mut self, party: usize) {
        let rival = self.parties[party].as_mut().filter(|_| party == RIVAL);
        if self.fate == Fate::IsDropped
            && let Some(task) = rival.and_then(|rival| rival.task.take())
        {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            settle().await;
        }
    }

    fn rival_has_ended(&self) -> bool {
        self.steps[RIVAL] == 3
    }

    /// Requires that a recent read shows the same as a strict one.
    async fn assert_agrees(&self, at: &str) {
        let recent = recent(&self.browser).await;
        assert_eq!(recent, strict(&self.browser).await, "{at}");
        let (owner, theme) = recent;
        match self.rival {
            Rival::Write => assert_eq!(theme.as_deref(), Some("dark"), "{at}"),
            // The stopped step is the first of many.
            Rival::RevokeEverything if !self.rival_has_ended() => {}
            _ => assert_eq!(owner, None, "{at}"),
        }
    }
}

impl Party {
    fn is_over(&self) -> bool {
        self.task.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

fn read(stops: &Stops, browser: TestBrowser) -> Party {
    let permits = stops.add("load", Fate::Succeeds);
    let task = tokio::spawn(async move {
        // It may time out together with the rival's operation.
        _ = browser.request().force_load().await;
    });
    Party {
        task: Some(task),
        permits,
    }
}

fn act(stops: &Stops, rival: Rival, fate: Fate, app: &TestApp, browser: &TestBrowser) -> Party {
    let permits = stops.add(rival.operation(), fate);
    let task = tokio::spawn(rival.act(app.clone(), browser.clone()));
    Party {
        task: Some(task),
        permits,
    }
}

/// The principal and the value of a session.
type Seen = (Option<Principal>, Option<String>);

async fn recent(browser: &TestBrowser) -> Seen {
    let session = browser.request();
    let recent = session.recent().await.unwrap();
    (recent.principal().cloned(), recent.get("theme").unwrap())
}

async fn strict(browser: &TestBrowser) -> Seen {
    let session = browser.request();
    let theme = session.get("theme").await.unwrap();
    (session.principal().await.unwrap(), theme)
}

/// Lets the tasks do what they can.
async fn settle() {
    for _ in 0..30 {
        tokio::task::yield_now().await;
    }
}

/// Returns all orders of three steps of each party.
fn orders() -> impl Iterator<Item = [usize; 6]> {
    // Each number of six bits of which three are set is an order.
    let with_three_bits = (0_u8..64).filter(|bits| bits.count_ones() == 3);
    with_three_bits.map(|bits| std::array::from_fn(|i| usize::from(bits >> i & 1)))
}

/// Runs all orders, and compares a recent read with a strict one: after each step that follows the
/// end of the rival's operation, or after the last step alone.
async fn assert_no_order_shows_an_ended_session(rival: Rival, fate: Fate) {
    for (order, after_each) in orders().flat_map(|order| [(order, true), (order, false)]) {
        let mut race = Race::begin(rival, fate).await;
        for (n, party) in order.into_iter().enumerate() {
            race.step(party).await;
            if race.rival_has_ended() && (after_each || n == 5) {
                let at = format!("{rival:?} {fate:?} {order:?}, after step {n}");
                race.assert_agrees(&at).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_load_overtakes_an_end_or_a_change_whatever_becomes_of_its_request() {
    for rival in RIVALS {
        for fate in rival.fates() {
            assert_no_order_shows_an_ended_session(rival, *fate).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_session_ends_no_copy_from_before_is_read() {
    for rival in RIVALS {
        let mut race = Race::begin(rival, Fate::Succeeds).await;
        race.step(RIVAL).await;
        race.step(RIVAL).await;
        race.assert_agrees(&format!("{rival:?}")).await;
        race.step(RIVAL).await;
    }
}

/// Another process changes the session between the two loads.
#[tokio::test(start_paused = true)]
async fn a_load_that_began_earlier_does_not_replace_the_copy_of_a_later_one() {
    let mut race = Race::begin(Rival::Write, Fate::Succeeds).await;
    race.step(READER).await;
    race.step(READER).await;
    let records = race.app.store.backend().unwrap();
    let id = race.browser.request().id().unwrap();
    let mut record = (*records.load(id).await.unwrap().unwrap()).clone();
    let expected = record.revision;
    record.state = SerializedState::from_json(r#"{"theme":"dark"}"#);
    record.revision = expected.next();
    _ = records.replace(&record.into(), expected).await.unwrap();
    tokio::time::advance(SECOND).await;
    let seen = strict(&race.browser).await;
    assert_eq!(seen, (Some(alice()), Some("dark".to_owned())));
    race.step(READER).await;
    assert_eq!(recent(&race.browser).await, seen);
}

/// The process has no copies before somebody asks for one, and keeps those of strict reads from
/// then on.
#[tokio::test(start_paused = true)]
async fn a_strict_read_is_copied_once_copies_are_in_use() {
    let spy = Spy::default();
    let app = spy.app();
    let [mut first, mut second] = [(); 2].map(|()| app.browser());
    for browser in [&mut first, &mut second] {
        log_in(browser, alice()).await.unwrap();
        strict(browser).await;
    }
    spy.operations();
    recent(&first).await;
    recent(&second).await;
    assert_eq!(spy.operations(), ["load"; 2]);
    SessionRegistry::new(&app.store, &app.policy)
        .revoke_all(&bob())
        .await
        .unwrap();
    strict(&first).await;
    spy.operations();
    recent(&first).await;
    assert!(spy.operations().is_empty());
}

/// Threads that load the session all the time fill the copies while it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_revocation_no_thread_reads_the_session() {
    let memory = Arc::new(InMemorySessionStore::new());
    let app = TestApp::new(SessionStore::new(Intercepted::new(memory, SlowExceptLoads)));
    for _ in 0..200 {
        let mut browser = app.browser();
        log_in(&mut browser, alice()).await.unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let readers = [(); 3].map(|()| tokio::spawn(read_until(over.clone(), browser.clone())));
        while recent(&browser).await != (Some(alice()), None) {}
        let registry = SessionRegistry::new(&app.store, &app.policy);
        registry.revoke_all(&alice()).await.unwrap();
        over.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(recent(&browser).await, (None, None));
        }
        for reader in readers {
            reader.await.unwrap();
        }
    }
}

/// Reads until the session is over, and then requires that a read does not show it.
async fn read_until(over: Arc<AtomicBool>, browser: TestBrowser) {
    loop {
        let is_over = over.load(Ordering::SeqCst);
        let seen = recent(&browser).await;
        if is_over {
            assert_eq!(seen, (None, None));
            return;
        }
        tokio::task::yield_now().await;
    }
}
