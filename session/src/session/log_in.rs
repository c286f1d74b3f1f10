use time::UtcDateTime;

use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::stamp::Stamp;
use crate::store::{Label, Lifetime};

/// The argument of [`Session::log_in`](crate::Session::log_in): a principal, and the circumstances
/// of the log-in.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::{LogIn, Principal, store::Label};
///
/// let log_in = LogIn::new(Principal::from(42_i64)).with_label(Label::new("Firefox on Linux"));
/// # _ = log_in;
/// ```
#[derive(Debug, Clone)]
pub struct LogIn {
    pub(super) principal: Principal,
    /// `None` means the time of the call of [`Session::log_in`](crate::Session::log_in).
    pub(super) authenticated_at: Option<UtcDateTime>,
    pub(super) label: Option<Label>,
    pub(super) stamp: Option<Stamp>,
    pub(super) origin: Option<OriginHash>,
    pub(super) lifetime: Option<Lifetime>,
}

impl LogIn {
    /// Creates the log-in of a principal who has just proved their identity.
    pub fn new(principal: Principal) -> Self {
        Self {
            principal,
            authenticated_at: None,
            label: None,
            stamp: None,
            origin: None,
            lifetime: None,
        }
    }

    /// Returns the principal.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Names the session in the list of its principal's sessions, for example after the browser.
    ///
    /// Without it, the session keeps the label that it has.
    #[must_use]
    pub fn with_label(mut self, label: Label) -> Self {
        self.label = Some(label);
        self
    }

    /// Sets an earlier time for the proof of identity, such as the `auth_time` of an identity
    /// provider.
    ///
    /// The absolute timeout counts from that time (OWASP ASVS 5.0, 7.6.1). A time in the future
    /// counts as the present. If the same principal has proved their identity later in this
    /// session, that time stays.
    #[must_use]
    pub fn with_authenticated_at(mut self, authenticated_at: UtcDateTime) -> Self {
        self.authenticated_at = Some(authenticated_at);
        self
    }

    /// Sets a value that changes with the credentials of the principal, such as the stored password
    /// hash.
    ///
    /// [`Session::verify_stamp`](crate::Session::verify_stamp) compares it later. Use the value
    /// against which the credentials were verified, never one that was read again afterwards. The
    /// session keeps a hash of it alone. Without this call, a log-in leaves no stamp.
    #[must_use]
    pub fn with_stamp(mut self, stamp: &[u8]) -> Self {
        self.stamp = Some(Stamp::new(stamp));
        self
    }

    /// Names the session at an identity provider in which the log-in began: the `iss` and the `sid`
    /// of an ID token, or the issuer and the `SessionIndex` of a SAML assertion.
    ///
    /// [`SessionRegistry::revoke_origin`](crate::SessionRegistry::revoke_origin) with the same two
    /// texts ends the session, once the provider reports a log-out. The store keeps a hash of them,
    /// so both are compared byte for byte.
    ///
    /// A later log-in of the same principal in that session keeps the origin, unless it names
    /// another one: somebody who confirms an action by a password is still logged in by the
    /// provider. If parallel log-ins share a session, the last one that named an origin counts.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{LogIn, Principal, Session, SessionError};
    ///
    /// /// The claims of an ID token that was validated.
    /// struct Claims {
    ///     iss: String,
    ///     sid: Option<String>,
    /// }
    ///
    /// async fn log_in(
    ///     session: &mut Session,
    ///     principal: Principal,
    ///     claims: &Claims,
    /// ) -> Result<(), SessionError> {
    ///     let log_in = LogIn::new(principal);
    ///     session
    ///         .log_in(match &claims.sid {
    ///             Some(sid) => log_in.with_origin(&claims.iss, sid),
    ///             None => log_in,
    ///         })
    ///         .await
    /// }
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # let claims = Claims { iss: "https://id.example".into(), sid: Some("08a5019c".into()) };
    /// # log_in(session, Principal::from(42_i64), &claims).await?;
    /// # session.commit().await
    /// # });
    /// ```
    #[must_use]
    pub fn with_origin(mut self, issuer: &str, sid: &str) -> Self {
        self.origin = Some(OriginHash::new(issuer, sid));
        self
    }

    /// Keeps the visitor logged in on this device: "remember me".
    ///
    /// The session has the timeouts of
    /// [`session.log_in.remembered`](crate::config::LogInConfig::remembered). Its cookie is kept
    /// when the browser is closed. If
    /// [`session.log_in.allow_remembered`](crate::config::LogInConfig::allow_remembered) is
    /// `false`, as in the presets `aal2` and `aal3`, the log-in is as one without a choice: the
    /// policy of the application outweighs the wish of the visitor.
    ///
    /// The choice lasts until the session ends. A later log-in of the same principal in that
    /// session keeps it, unless that log-in chooses a lifetime itself. If parallel log-ins share a
    /// session, the last one that chose a lifetime counts.
    ///
    /// A remembered session proves that somebody logged in, perhaps weeks ago. Handlers with
    /// sensitive actions ask for [`Fresh`](crate::Fresh), which is as strict with such a session
    /// as with any other.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{LogIn, Principal, Session, SessionError};
    ///
    /// struct LogInForm {
    ///     remember_me: bool,
    /// }
    ///
    /// async fn log_in(
    ///     session: &mut Session,
    ///     principal: Principal,
    ///     form: LogInForm,
    /// ) -> Result<(), SessionError> {
    ///     let log_in = LogIn::new(principal);
    ///     session
    ///         .log_in(match form.remember_me {
    ///             true => log_in.remembered(),
    ///             false => log_in.for_this_browser_session(),
    ///         })
    ///         .await
    /// }
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # log_in(session, Principal::from(42_i64), LogInForm { remember_me: true }).await?;
    /// # session.commit().await?;
    /// # let left = session.expires_at().expect("it is committed") - time::UtcDateTime::now();
    /// # assert_eq!(left.whole_hours(), 14 * 24 - 1);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn remembered(mut self) -> Self {
        self.lifetime = Some(Lifetime::Remembered);
        self
    }

    /// Lets the browser forget the session when it is closed, for example on a shared computer.
    ///
    /// The cookie has no `Max-Age`. The session has the ordinary timeouts, because a server does
    /// not learn that a browser was closed. Browsers that restore their tabs after a restart may
    /// keep such cookies.
    ///
    /// The choice lasts as long as that of [`remembered`](Self::remembered).
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # use session::{LogIn, Principal, testing::{TestApp, set_cookie}};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::SessionError> {
    /// # let mut browser = TestApp::new(session_memory::InMemorySessionStore::new()).browser();
    /// # let mut session = browser.request();
    /// # let principal = Principal::from(42_i64);
    /// session.log_in(LogIn::new(principal).for_this_browser_session()).await?;
    /// # let response = browser.respond(session).await?;
    /// # assert!(!set_cookie(&response).expect("there is a cookie").contains("Max-Age"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn for_this_browser_session(mut self) -> Self {
        self.lifetime = Some(Lifetime::BrowserSession);
        self
    }
}

impl From<Principal> for LogIn {
    fn from(principal: Principal) -> Self {
        Self::new(principal)
    }
}
