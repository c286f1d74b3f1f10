use std::sync::{Arc, Mutex, Once};

use async_trait::async_trait;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp, TestBrowser};
use session::{LogIn, Principal, SessionConfig, SessionError, SessionPolicy, SessionStore};
use session_memory::InMemorySessionStore;
use sha2::Sha256;
use tokio::sync::Semaphore;
use tracing::subscriber::DefaultGuard;

pub(crate) const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);
pub(crate) const HOUR: std::time::Duration = std::time::Duration::from_secs(60 * 60);
pub(crate) const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// A memory store that keeps a log of the operations, and misbehaves when told to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spy {
    inner: InMemorySessionStore,
    log: Arc<Mutex<Vec<&'static str>>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Behaviour {
    #[default]
    Normal,
    /// Every operation fails.
    Down,
    /// Every operation takes effect, and then seems to have failed.
    LosingAnswers,
    /// Every deletion takes effect, and then seems to have failed.
    LosingDeletions,
    /// Every operation waits for ever.
    Hanging,
    /// Every operation but a load waits for a permit before its effect, and for another one after
    /// it.
    Gated(Arc<Semaphore>),
    /// No record can be read by this release.
    UnreadableRecords,
    /// The list of a principal's sessions fails.
    FailingLists,
    /// Every operation lets others run first.
    #[cfg(feature = "metrics")]
    Yielding,
    /// Every operation panics after its first await.
    Panicking,
}

impl Spy {
    /// The operations since the last call.
    pub(crate) fn operations(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// Closes a gate before and after each write; a permit lets one step pass.
    pub(crate) fn gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.behave(Behaviour::Gated(gate.clone()));
        gate
    }

    /// The store without the log, to look behind the scenes.
    pub(crate) fn inner(&self) -> &InMemorySessionStore {
        &self.inner
    }

    /// An application whose anonymous sessions live as long as others by default, so that a test of
    /// deadlines needs no log-in. The tests in `anonymous.rs` use the real defaults.
    pub(crate) fn app(&self) -> TestApp {
        self.app_with(|_| {})
    }

    pub(crate) fn app_with(&self, edit: impl FnOnce(&mut SessionConfig)) -> TestApp {
        let mut config = SessionConfig::default();
        edit(&mut config);
        let state = &mut config.state;
        let anonymous = &mut state.anonymous;
        anonymous.idle_timeout.get_or_insert(state.idle_timeout);
        anonymous
            .absolute_timeout
            .get_or_insert(state.absolute_timeout);
        TestApp::with_config(self.clone(), &config).unwrap()
    }
}

#[async_trait]
impl Interceptor for Spy {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        self.log.lock().unwrap().push(operation.name());
        let behaviour = self.behaviour.lock().unwrap().clone();
        match (behaviour, operation) {
            (Behaviour::Down, _) | (Behaviour::FailingLists, Operation::SessionsOf(..)) => {
                Err(unavailable())
            }
            (Behaviour::LosingAnswers, _) | (Behaviour::LosingDeletions, Operation::Delete(..)) => {
                operation.run(store).await?;
                Err(unavailable())
            }
            (Behaviour::Hanging, _) => std::future::pending().await,
            (Behaviour::UnreadableRecords, Operation::Load(_)) => {
                unless_found(operation.run(store).await?)
            }
            (Behaviour::Gated(_), Operation::Load(_)) => operation.run(store).await,
            (Behaviour::Gated(gate), _) => {
                gate.acquire().await.unwrap().forget();
                let outcome = operation.run(store).await;
                gate.acquire().await.unwrap().forget();
                outcome
            }
            #[cfg(feature = "metrics")]
            (Behaviour::Yielding, _) => {
                tokio::task::yield_now().await;
                operation.run(store).await
            }
            (Behaviour::Panicking, _) => {
                tokio::task::yield_now().await;
                panic!("the store panics")
            }
            _ => operation.run(store).await,
        }
    }
}

fn unless_found(answer: Answer) -> Result<Answer, StoreError> {
    match answer {
        Answer::Load(Some(_)) => Err(unreadable()),
        answer => Ok(answer),
    }
}

fn unreadable() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::InvalidData);
    StoreError::new(StoreErrorKind::InvalidRecord, cause)
}

fn unavailable() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    StoreError::new(StoreErrorKind::Unavailable, cause)
}

impl From<Spy> for SessionStore {
    fn from(spy: Spy) -> Self {
        let records = Arc::new(spy.inner.clone());
        SessionStore::new(Intercepted::new(records, spy))
    }
}

/// A browser whose session has `{"theme":"dark"}` in the store.
pub(crate) async fn browser_with_session(app: &TestApp) -> session::testing::TestBrowser {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    browser
}

/// Returns the application as it starts again with that configuration.
pub(crate) fn restarted(app: &TestApp, config: &SessionConfig) -> TestApp {
    let policy = SessionPolicy::new(config, &app.cookies).unwrap();
    let mut restarted = app.clone();
    restarted.policy = policy.with_clock(app.clock.clone());
    restarted
}

/// Returns an authentic session cookie of a newer release, which this one cannot read.
pub(crate) fn newer_cookie(app: &TestApp) -> String {
    let mut key = [0; 32];
    let main = Hkdf::<Sha256>::from_prk(app.cookies.crypto_rules[0].key.master()).unwrap();
    let purpose = b"session cookie; HMAC-SHA256; __Host-Http-id";
    main.expand(purpose, &mut key).unwrap();
    let key = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key).unwrap();
    let content = b"2newer";
    let tag = key.chain_update(content).finalize().into_bytes();
    let value = BASE64_URL_SAFE_NO_PAD.encode([content, &tag[..16]].concat());
    format!("__Host-Http-id=s{value}")
}

/// A request with that `Cookie` header.
pub(crate) fn head_with(cookie: impl AsRef<[u8]>) -> pavex::request::RequestHead {
    let value = pavex::http::HeaderValue::from_bytes(cookie.as_ref()).unwrap();
    let mut headers = pavex::http::HeaderMap::new();
    headers.append(pavex::http::header::COOKIE, value);
    pavex::request::RequestHead {
        method: pavex::http::Method::GET,
        target: pavex::http::Uri::from_static("/"),
        version: pavex::http::Version::HTTP_11,
        headers,
    }
}

/// Makes `subscriber` the one of this thread.
///
/// `tracing` asks for each event once whether anybody wants it, and it asks the thread that comes
/// by first: a test without a subscriber. So the process gets one too, which wants all and does
/// nothing.
pub(crate) fn listen(subscriber: impl tracing::Subscriber + Send + Sync) -> DefaultGuard {
    static ANYBODY: Once = Once::new();
    ANYBODY.call_once(|| {
        let subscriber = tracing_subscriber::registry();
        tracing::subscriber::set_global_default(subscriber).expect("there is no other one");
    });
    tracing::subscriber::set_default(subscriber)
}

pub(crate) fn alice() -> Principal {
    Principal::new("alice").unwrap()
}

pub(crate) fn bob() -> Principal {
    Principal::new("bob").unwrap()
}

/// Logs in with one request.
pub(crate) async fn log_in(
    browser: &mut TestBrowser,
    log_in: impl Into<LogIn>,
) -> Result<(), SessionError> {
    let mut session = browser.request();
    let outcome = session.log_in(log_in).await;
    browser.respond(session).await?;
    outcome
}

/// The principal of the browser's session.
pub(crate) async fn principal(browser: &TestBrowser) -> Option<Principal> {
    browser.request().principal().await.unwrap()
}
