//! Sessions without a server, for the tests of handlers and of storage backends.
//!
//! The module requires the feature `testing`, which applications enable for their tests:
//!
//! ```toml
//! [dev-dependencies]
//! session = { package = "session_kit", version = "0.1", features = ["testing"] }
//! ```

mod jar;

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
use crate::config::{CRYPTO_RULE, PolicyError, SessionConfig, SessionPolicy};
use crate::cookie::IncomingSession;
use crate::errors::SessionError;
use crate::session::{CheckedSessionStore, Session};
use crate::store::SessionStore;
use jar::Jar;

/// The sessions of an application: a store, a policy with a manual clock, and a key for the cookie.
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
    /// The configuration of cookies: a rule that encrypts the session cookie, with a random key.
    pub cookies: ProcessorConfig,
    /// The clock of the policy.
    pub clock: ManualClock,
}

impl TestApp {
    /// Creates an application with the default configuration.
    pub fn new(store: impl Into<SessionStore>) -> Self {
        Self::with_config(store, &SessionConfig::default())
            .expect("the default configuration breaks no rule")
    }

    /// Creates an application with the given configuration.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] if the configuration breaks a rule.
    pub fn with_config(
        store: impl Into<SessionStore>,
        config: &SessionConfig,
    ) -> Result<Self, PolicyError> {
        let cookies = encrypting();
        let clock = ManualClock::new();
        Ok(Self {
            store: store.into(),
            policy: SessionPolicy::new(config, &cookies)?.with_clock(clock.clone()),
            cookies,
            clock,
        })
    }

    /// Creates a browser without cookies.
    pub fn browser(&self) -> TestBrowser {
        TestBrowser {
            app: self.clone(),
            jar: Jar::default(),
            ignores_expiry: false,
        }
    }

    /// Returns the session that the handler of a request with that head gets.
    pub fn session(&self, head: &RequestHead) -> Session {
        let store = CheckedSessionStore::unchecked(&self.store, &self.policy);
        let incoming = IncomingSession::extract(head, &self.policy);
        Session::new(&store, &self.policy, incoming)
    }
}

/// Returns a configuration with a rule for the session cookie, which encrypts with a random key.
fn encrypting() -> ProcessorConfig {
    let mut cookies = ProcessorConfig::default();
    cookies.crypto_rules.push(CryptoRule {
        cookie_names: vec![CRYPTO_RULE.to_owned()],
        algorithm: CryptoAlgorithm::Encryption,
        key: Key::generate(),
        fallbacks: vec![],
    });
    cookies
}

/// Runs a handler as one request of a new browser, in a runtime of its own.
///
/// # Panics
///
/// Panics if the handler or the commit of its session fails.
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

/// A browser that visits a [`TestApp`] and keeps its cookies. A clone has cookies of its own.
///
/// It follows RFC 6265: a cookie is kept by name, domain and path, sent to its path and the paths
/// below, and forgotten when it expires by the clock of the application.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::testing::TestApp;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = TestApp::new(session_memory::InMemorySessionStore::new());
/// let mut browser = app.browser();
/// let mut session = browser.request();
/// session.insert("theme", "dark").await?;
/// browser.respond(session).await?;
///
/// // Another cookie of the application has no effect on that of the session.
/// let mut response = Response::ok();
/// response.headers_mut().append("Set-Cookie", "consent=yes; Path=/".try_into()?);
/// browser.receive(&response);
/// assert!(browser.request().contains_key("theme").await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TestBrowser {
    app: TestApp,
    jar: Jar,
    ignores_expiry: bool,
}

impl TestBrowser {
    /// Sends its cookies even after they have expired, like an attacker who has copied them.
    #[must_use]
    pub fn ignoring_expiry(mut self) -> Self {
        self.ignores_expiry = true;
        self
    }

    /// Returns the session that the handler of a request gets.
    ///
    /// The request is for the path of the session cookie, which is `/` by default.
    pub fn request(&self) -> Session {
        self.request_to(&self.app.policy.config().cookie.path)
    }

    /// Returns the session that the handler of a request for `path` gets.
    ///
    /// # Panics
    ///
    /// Panics if `path` is not the path of a URL.
    pub fn request_to(&self, path: &str) -> Session {
        self.app.session(&self.request_head(path))
    }

    /// Commits the session for the response `200 OK`, and receives that response.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of [`finalize_session`].
    pub async fn respond(&mut self, session: Session) -> Result<Response, SessionError> {
        let response = self.respond_with(StatusCode::OK, session).await?;
        self.receive(&response);
        Ok(response)
    }

    /// Commits the session for a response with that status, which is not received yet.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of [`finalize_session`].
    pub async fn respond_with(
        &self,
        status: StatusCode,
        session: Session,
    ) -> Result<Response, SessionError> {
        let head = self.request_head(&self.app.policy.config().cookie.path);
        finalize_session(Response::new(status), session, &head).await
    }

    /// Keeps, replaces or removes the cookies that the response sets.
    pub fn receive(&mut self, response: &Response) {
        let headers = response.headers().get_all(SET_COOKIE).into_iter();
        for set_cookie in headers.filter_map(|header| header.to_str().ok()) {
            self.jar.obey(set_cookie, self.app.clock.now());
        }
    }

    /// Closes the browser and opens it again: cookies without `Max-Age` and `Expires` are gone.
    pub fn restart(&mut self) {
        self.jar.close();
    }

    /// Returns the session cookie that the browser would send, as `name=value`.
    pub fn cookie(&self) -> Option<&str> {
        let config = &self.app.policy.config().cookie;
        let mut sent = self.sent_to(&config.path).into_iter();
        sent.find(|pair| {
            pair.split_once('=')
                .is_some_and(|(name, _)| name == config.name)
        })
    }

    /// Replaces the session cookie by a `name=value` that lasts until the browser is closed.
    pub fn set_cookie(&mut self, pair: Option<String>) {
        let config = &self.app.policy.config().cookie;
        self.jar.remove(&config.name);
        if let Some(pair) = pair {
            let set_cookie = format!("{pair}; Path={}", config.path);
            self.jar.obey(&set_cookie, self.app.clock.now());
        }
    }

    fn sent_to(&self, path: &str) -> Vec<&str> {
        let now = self.app.clock.now();
        self.jar
            .sent_to(path, (!self.ignores_expiry).then_some(now))
    }

    fn request_head(&self, path: &str) -> RequestHead {
        let mut headers = HeaderMap::new();
        let cookies = self.sent_to(path).join("; ");
        if !cookies.is_empty() {
            let value = HeaderValue::try_from(cookies).expect("cookies are valid header values");
            headers.insert(COOKIE, value);
        }
        RequestHead {
            method: Method::GET,
            target: Uri::try_from(path).expect("a path is a valid target"),
            version: Version::HTTP_11,
            headers,
        }
    }
}

impl std::fmt::Debug for TestBrowser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestBrowser")
            .field("has_cookie", &self.cookie().is_some())
            .finish_non_exhaustive()
    }
}

/// Returns the first `Set-Cookie` header of the response, if there is one.
pub fn set_cookie(response: &Response) -> Option<&str> {
    response.headers().get(SET_COOKIE)?.to_str().ok()
}
