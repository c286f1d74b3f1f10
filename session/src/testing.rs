//! Sessions without a server: for the tests of handlers, and of storage backends.

mod intercept;

pub use crate::clock::ManualClock;
pub use intercept::{Answer, Intercepted, Interceptor, Operation};

use pavex::Response;
use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};
use pavex::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use pavex::http::{HeaderMap, Method, StatusCode, Uri, Version};
use pavex::request::RequestHead;

use crate::commit::finalize_session;
use crate::config::{PolicyError, SessionConfig, SessionPolicy};
use crate::cookie::IncomingSession;
use crate::errors::SessionError;
use crate::session::Session;
use crate::store::SessionStore;

/// An application's sessions: a store, a policy with a manual clock, and a cookie key.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::testing::TestApp;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = TestApp::new(session_memory::InMemorySessionStore::new());
/// let mut browser = app.browser();
///
/// let mut session = browser.request();
/// session.insert("theme", "dark").await?;
/// browser.respond(session).await?;
///
/// app.clock.advance(std::time::Duration::from_secs(60));
/// let session = browser.request();
/// assert_eq!(session.get::<String>("theme").await?.as_deref(), Some("dark"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TestApp {
    /// The store of the sessions.
    pub store: SessionStore,
    /// The policy; it takes the time from `clock`.
    pub policy: SessionPolicy,
    /// The cookie configuration, with a random key that encrypts the session cookie.
    pub cookies: ProcessorConfig,
    /// The clock of the policy.
    pub clock: ManualClock,
}

impl TestApp {
    /// An application with the default configuration.
    pub fn new(store: impl Into<SessionStore>) -> Self {
        Self::with_config(store, &SessionConfig::default())
            .expect("the default configuration breaks no rule")
    }

    /// An application with the given configuration.
    ///
    /// # Errors
    ///
    /// If the configuration breaks a rule.
    pub fn with_config(
        store: impl Into<SessionStore>,
        config: &SessionConfig,
    ) -> Result<Self, PolicyError> {
        let mut cookies = ProcessorConfig::default();
        cookies.crypto_rules.push(CryptoRule {
            cookie_names: vec![config.cookie.name.clone()],
            algorithm: CryptoAlgorithm::Encryption,
            key: Key::generate(),
            fallbacks: vec![],
        });
        let clock = ManualClock::new();
        Ok(Self {
            store: store.into(),
            policy: SessionPolicy::new(config, &cookies)?.with_clock(clock.clone()),
            cookies,
            clock,
        })
    }

    /// A browser without cookies.
    pub fn browser(&self) -> TestBrowser {
        TestBrowser {
            app: self.clone(),
            cookie: None,
        }
    }
}

/// Runs a handler as one request of a new browser, in a runtime of its own.
///
/// # Panics
///
/// If the handler or the commit of its session fails.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
///     session.insert("theme", "dark").await
/// });
/// ```
pub fn run<F>(store: impl Into<SessionStore>, handler: F)
where
    F: AsyncFnOnce(&mut Session) -> Result<(), SessionError>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime can be started").block_on(async {
        let mut browser = TestApp::new(store).browser();
        let mut session = browser.request();
        handler(&mut session).await.expect("the handler succeeds");
        browser.respond(session).await.expect("the commit succeeds");
    });
}

/// A browser that keeps the session cookie of a [`TestApp`]. A clone has its own copy.
#[derive(Clone)]
pub struct TestBrowser {
    app: TestApp,
    cookie: Option<String>,
}

impl TestBrowser {
    /// The session as the handler of a request gets it.
    pub fn request(&self) -> Session {
        let policy = &self.app.policy;
        let incoming = IncomingSession::extract(&self.request_head(), policy);
        Session::new(&self.app.store, policy, incoming)
    }

    /// Sends the response `200 OK`: commits the session and keeps the cookie that is set.
    ///
    /// # Errors
    ///
    /// Those of [`finalize_session`].
    pub async fn respond(&mut self, session: Session) -> Result<Response, SessionError> {
        let response = self.respond_with(StatusCode::OK, session).await?;
        self.receive(&response);
        Ok(response)
    }

    /// The response with that status, after the middleware. The browser has not received it yet.
    ///
    /// # Errors
    ///
    /// Those of [`finalize_session`].
    pub async fn respond_with(
        &self,
        status: StatusCode,
        session: Session,
    ) -> Result<Response, SessionError> {
        finalize_session(Response::new(status), session, &self.request_head()).await
    }

    /// Keeps or removes the cookie, as the response says.
    pub fn receive(&mut self, response: &Response) {
        let Some(set_cookie) = set_cookie(response) else {
            return;
        };
        let mut parts = set_cookie.split("; ");
        let pair = parts.next().map(ToOwned::to_owned);
        let removed = parts.any(|attribute| attribute == "Max-Age=0");
        self.cookie = pair.filter(|_| !removed);
    }

    /// The cookie that the browser holds, as `name=value`.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Replaces the cookie that the browser holds by the given `name=value`.
    pub fn set_cookie(&mut self, pair: Option<String>) {
        self.cookie = pair;
    }

    fn request_head(&self) -> RequestHead {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = &self.cookie {
            let value = HeaderValue::try_from(cookie).expect("cookies are valid header values");
            headers.insert(COOKIE, value);
        }
        RequestHead {
            method: Method::GET,
            target: Uri::from_static("/"),
            version: Version::HTTP_11,
            headers,
        }
    }
}

impl std::fmt::Debug for TestBrowser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestBrowser")
            .field("has_cookie", &self.cookie.is_some())
            .finish_non_exhaustive()
    }
}

/// The `Set-Cookie` header of the response, if it has one.
pub fn set_cookie(response: &Response) -> Option<&str> {
    response.headers().get(SET_COOKIE)?.to_str().ok()
}
