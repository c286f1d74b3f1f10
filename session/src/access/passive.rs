#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use pavex::middleware::Processing;
use pavex::{methods, pre_process};

use crate::session::Session;

/// A request that is not activity of its user, such as one that a script sends every minute.
///
/// A handler that asks for `&PassiveRequest` uses the session as any other does, but does not move
/// its deadline. Otherwise a page that polls would keep its session alive until the absolute
/// timeout, even if nobody sits in front of it (OWASP ASVS 5.0, 7.3.1).
///
/// - The state can be read and changed. The deadline and the time of the last activity stay.
/// - The secret is not renewed on a timer.
/// - A log-in is activity all the same, and a new session has the usual deadline.
///
/// For all routes of a nested blueprint, register [`PASSIVE_REQUESTS`] instead.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::{Response, get};
/// use session::{PassiveRequest, Session, SessionError};
///
/// /// Tells the script of a page when to warn of the end.
/// # #[allow(unreachable_pub)]
/// #[get(path = "/session")]
/// pub async fn time_left(
///     session: &Session,
///     _passive: &PassiveRequest,
/// ) -> Result<Response, SessionError> {
///     let left = session.remaining().await?.unwrap_or_default();
///     Ok(Response::ok().set_typed_body(left.as_secs().to_string()))
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PassiveRequest;

#[methods]
impl PassiveRequest {
    /// Declares that the request of this session is not activity.
    #[request_scoped(allow(unused))]
    pub fn new(session: &Session) -> Self {
        session.mark_passive();
        Self
    }
}

/// The middleware that declares all requests to be passive, as [`PassiveRequest`] does for one.
///
/// Register [`PASSIVE_REQUESTS`] as a pre-processing middleware: it applies to the routes that are
/// registered after it, usually in a nested blueprint.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// # fn polled(bp: &mut pavex::Blueprint) {}
/// # let mut bp = pavex::Blueprint::new();
/// let mut polling = pavex::Blueprint::new();
/// polling.pre_process(session::PASSIVE_REQUESTS);
/// polled(&mut polling); // registers the routes
/// bp.nest(polling);
/// ```
#[pre_process]
pub fn passive_requests(session: &Session) -> Processing {
    session.mark_passive();
    Processing::Continue
}
