//! Step-up authentication: [`Fresh`], and the windows in which a log-in is recent.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use pavex::request::RequestHead;
use pavex::{Response, methods};

use crate::clock;
use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::local_path::to_page;
use crate::principal::Principal;
use crate::session::Session;

/// A `P` whose principal has logged in within the window `W`: step-up authentication.
///
/// A handler that asks for a `&Fresh<Principal, W>` is called only after such a recent log-in: see
/// [`FreshError`]. So a sensitive route cannot skip the check (OWASP ASVS 5.0, 7.5.1). For
/// a type of the application in place of [`Principal`], write a constructor that calls
/// [`Fresh::new`].
///
/// To make a session fresh again, ask for the password and call [`Session::log_in`].
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::Principal;
/// use session::fresh::{FiveMinutes, Fresh};
///
/// pub async fn change_password(member: &Fresh<Principal, FiveMinutes>) -> Response {
///     let principal: &Principal = member;
///     Response::ok().set_typed_body(format!("a new password for {principal}"))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Fresh<P, W> {
    inner: P,
    window: PhantomData<fn() -> W>,
}

/// The time for which a log-in counts as recent.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use std::time::Duration;
///
/// pub struct TwoMinutes;
///
/// impl session::fresh::Window for TwoMinutes {
///     const VALID_FOR: Duration = Duration::from_secs(2 * 60);
/// }
/// ```
pub trait Window {
    /// The length of the window, from the log-in on.
    const VALID_FOR: Duration;
}

macro_rules! windows {
    ($($name:ident = $minutes:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy)]
        #[non_exhaustive]
        pub struct $name;

        impl Window for $name {
            const VALID_FOR: Duration = Duration::from_secs($minutes * 60);
        }
    )*};
}

windows! {
    FiveMinutes = 5, "A window of five minutes.";
    FifteenMinutes = 15, "A window of fifteen minutes.";
    OneHour = 60, "A window of one hour.";
}

impl<P, W> Fresh<P, W> {
    /// Returns the `P`.
    pub fn into_inner(self) -> P {
        self.inner
    }
}

impl<P, W> Deref for Fresh<P, W> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.inner
    }
}

#[methods]
impl<W: Window> Fresh<Principal, W> {
    /// Returns the principal of the request's session if the last log-in is within the window.
    ///
    /// # Errors
    ///
    /// Returns [`FreshError::NotFresh`] if the last log-in was too long ago, and
    /// [`FreshError::Session`] if the record cannot be loaded.
    #[request_scoped(allow(unused))]
    pub async fn of_principal(
        principal: &Principal,
        session: &Session,
        policy: &SessionPolicy,
    ) -> Result<Fresh<Principal, W>, FreshError> {
        Fresh::new(principal.clone(), session, policy).await
    }
}

// Not a component: pavexc 0.2.10 mixes up two type parameters of one.
impl<P, W: Window> Fresh<P, W> {
    /// Returns `inner` if the last log-in of the request's session is within the window.
    ///
    /// # Errors
    ///
    /// Returns [`FreshError::NotFresh`] if nobody is logged in or the last log-in was too long ago,
    /// and [`FreshError::Session`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::fresh::{FiveMinutes, Fresh, FreshError};
    /// use session::{Principal, Session, SessionPolicy};
    ///
    /// #[derive(Clone)]
    /// pub struct Member(Principal);
    ///
    /// // with `#[pavex::request_scoped]`:
    /// pub async fn fresh_member(
    ///     member: &Member,
    ///     session: &Session,
    ///     policy: &SessionPolicy,
    /// ) -> Result<Fresh<Member, FiveMinutes>, FreshError> {
    ///     Fresh::new(member.clone(), session, policy).await
    /// }
    /// ```
    pub async fn new(
        inner: P,
        session: &Session,
        policy: &SessionPolicy,
    ) -> Result<Self, FreshError> {
        let authenticated_at = session.authenticated_at().await?;
        match authenticated_at.map(|at| clock::after(at, W::VALID_FOR)) {
            Some(until) if policy.now() < until => Ok(Self {
                inner,
                window: PhantomData,
            }),
            _ => Err(FreshError::NotFresh),
        }
    }
}

/// The reason why a handler that asks for [`Fresh`] was not called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FreshError {
    /// The last log-in was too long ago.
    #[error("the last log-in is too old for this request")]
    NotFresh,
    /// The session could not be read.
    #[error(transparent)]
    Session(#[from] SessionError),
}

#[methods]
impl FreshError {
    /// Returns `303 See Other` to `session.log_in.reauthenticate_path`, or else to
    /// `session.log_in.path`; an empty `403 Forbidden` if neither is set.
    ///
    /// If the session could not be read, the response is that of [`SessionError::into_response`].
    #[error_handler]
    pub fn into_response(
        #[px(error_ref)] &self,
        head: &RequestHead,
        policy: &SessionPolicy,
    ) -> Response {
        let log_in = &policy.config().log_in;
        let page = log_in.reauthenticate_path.as_ref().or(log_in.path.as_ref());
        match (self, page) {
            (Self::Session(error), _) => error.into_response(),
            (Self::NotFresh, Some(page)) => to_page(page, head),
            (Self::NotFresh, None) => Response::forbidden(),
        }
    }
}
