/// The lifetime of a session: its timeouts, and the time for which the browser keeps its cookie.
///
/// A log-in chooses it by [`LogIn::remembered`](crate::LogIn::remembered) or
/// [`LogIn::for_this_browser_session`](crate::LogIn::for_this_browser_session). It is part of the
/// record, so it lasts until the session ends.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// # use session::{LogIn, Principal, SessionRegistry, testing::TestApp};
/// use session::store::Lifetime;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), session::SessionError> {
/// # let app = TestApp::new(session_memory::InMemorySessionStore::new());
/// # let registry = SessionRegistry::new(&app.store, &app.policy);
/// # let mut browser = app.browser();
/// # let mut session = browser.request();
/// # let ada = Principal::from(42_i64);
/// # session.log_in(LogIn::new(ada.clone()).remembered()).await?;
/// # browser.respond(session).await?;
/// for summary in registry.list(&ada).await? {
///     match summary.lifetime {
///         Lifetime::Remembered => println!("{}, remembered", summary.id),
///         _ => println!("{}", summary.id),
///     }
/// # assert_eq!(summary.lifetime, Lifetime::Remembered);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lifetime {
    /// The lifetime of sessions whose log-in chose none, and of sessions without a log-in:
    /// [`session.state`](crate::config::SessionStateConfig) has the timeouts, and
    /// [`session.cookie.persistence`](crate::config::SessionCookieConfig::persistence) the
    /// persistence of the cookie.
    #[default]
    Ordinary,
    /// The timeouts of
    /// [`session.log_in.remembered`](crate::config::LogInConfig::remembered), and a cookie that is
    /// kept when the browser is closed.
    Remembered,
    /// The ordinary timeouts, and a cookie that is forgotten when the browser is closed.
    BrowserSession,
}

impl Lifetime {
    /// Returns the number to keep in a store.
    pub fn as_u8(self) -> u8 {
        match self {
            Self::Ordinary => 0,
            Self::Remembered => 1,
            Self::BrowserSession => 2,
        }
    }

    /// Restores a lifetime from a store, or `None` if the number is not one of
    /// [`as_u8`](Self::as_u8).
    pub fn from_u8(number: u8) -> Option<Self> {
        let all = [Self::Ordinary, Self::Remembered, Self::BrowserSession];
        all.into_iter().find(|lifetime| lifetime.as_u8() == number)
    }
}
