use pavex::Response;
use pavex::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SET_COOKIE, VARY};
use pavex::request::RequestHead;
use pavex::{http::HeaderMap, post_process};

use crate::errors::SessionError;
use crate::session::Session;

/// The middleware that ends the session's part in a request: it commits the changes and sends the
/// session cookie, if either is needed.
///
/// Register [`FINALIZE_SESSION`] as a post-processing middleware: it applies to the routes that are
/// registered after it. It writes the `Set-Cookie` header itself, so it does not matter whether
/// pavex's `INJECT_RESPONSE_COOKIES` is registered, nor where. If the response is a server error
/// (5xx), changes are discarded unless `session.state.save_on_server_error` is set; the end of a
/// session takes effect in any case.
///
/// A response whose handler consulted the session gets `Vary: Cookie`; one with a session cookie
/// gets `Cache-Control: no-cache="Set-Cookie"`, so that no cache hands the cookie to others.
///
/// # Dead cookies
///
/// A cookie that no later request can use is removed, so that it is reported and looked up only
/// once. Such a cookie is not authentic, for example after a change of the key without a fallback.
/// Or its session has expired, or was revoked.
///
/// The removal is sent if the handler consulted the session and no other session cookie is sent.
/// The request must be a navigation, or have no header `Sec-Fetch-Mode`: a script in the
/// background may wait for its response while the visitor logs in, and the removal would then
/// delete the cookie of that log-in. For the same reason, a cookie is kept if its secret was
/// replaced, if its session ended while the request was under way, or if another release of the
/// application may be able to read it.
///
/// One case remains: a navigation with the dead cookie is under way while a log-in in another tab
/// is answered. If the response to the navigation arrives after that to the log-in, it removes the
/// new cookie, and the visitor has to log in once more.
///
/// Applications that share a host need different names for their session cookies, or they remove
/// each other's.
///
/// # Errors
///
/// Returns a [`SessionError`] if the changes cannot be committed. No session cookie is sent then.
/// The response to the error can be chosen with
/// `bp.post_process(FINALIZE_SESSION).error_handler(…)`.
#[post_process]
pub async fn finalize_session(
    mut response: Response,
    // Its constructor comes with `bp.import(session::kit())`.
    mut session: Session,
    head: &RequestHead,
) -> Result<Response, SessionError> {
    let finalized = session.finalize(head, response.status()).await?;
    let headers = response.headers_mut();
    if finalized.consulted && !mentions(headers, VARY, &["*", "cookie"]) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
    if let Some(cookie) = finalized.cookie {
        headers.append(SET_COOKIE, cookie);
        if !mentions(headers, CACHE_CONTROL, &["no-store"]) {
            let value = HeaderValue::from_static("no-cache=\"Set-Cookie\"");
            headers.append(CACHE_CONTROL, value);
        }
    }
    Ok(response)
}

/// Returns `true` if a header with comma-separated values has one of `tokens` among them.
fn mentions(headers: &HeaderMap, name: HeaderName, tokens: &[&str]) -> bool {
    let values = headers.get_all(name);
    let mut values = values.iter().filter_map(|value| value.to_str().ok());
    values.any(|value| {
        let mut given = value.split(',').map(str::trim);
        given.any(|given| tokens.iter().any(|token| given.eq_ignore_ascii_case(token)))
    })
}
