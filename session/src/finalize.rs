use pavex::Response;
use pavex::cookie::ResponseCookies;
use pavex::http::HeaderMap;
use pavex::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use pavex::post_process;

use crate::errors::SessionError;
use crate::session::Session;

/// The middleware that ends the session's part in a request: it commits the changes and sends the
/// session cookie, if either is needed.
///
/// Register [`FINALIZE_SESSION`] as a post-processing middleware, before pavex's
/// `INJECT_RESPONSE_COOKIES`. If the response is a server error (5xx), changes are discarded unless
/// `session.state.save_on_server_error` is set; the end of a session takes effect in any case.
///
/// A response whose handler consulted the session gets `Vary: Cookie`; one with a session cookie
/// gets `Cache-Control: no-cache="Set-Cookie"`, so that no cache hands the cookie to others.
///
/// # Errors
///
/// If the changes cannot be committed. No session cookie is sent then.
#[post_process]
pub async fn finalize_session(
    response: Response,
    response_cookies: &mut ResponseCookies,
    mut session: Session,
) -> Result<Response, SessionError> {
    let server_error = response.status().is_server_error();
    let finalized = session.finalize(server_error).await?;
    let mut response = response;
    if finalized.consulted && !mentions(response.headers(), VARY, &["*", "cookie"]) {
        response = response.append_header(VARY, HeaderValue::from_static("Cookie"));
    }
    if let Some(cookie) = finalized.cookie {
        response_cookies.insert(cookie);
        if !mentions(response.headers(), CACHE_CONTROL, &["no-store"]) {
            let value = HeaderValue::from_static("no-cache=\"Set-Cookie\"");
            response = response.append_header(CACHE_CONTROL, value);
        }
    }
    Ok(response)
}

/// Whether a header with comma-separated values has one of `tokens` among them.
fn mentions(headers: &HeaderMap, name: pavex::http::HeaderName, tokens: &[&str]) -> bool {
    let values = headers.get_all(name);
    let mut values = values.iter().filter_map(|value| value.to_str().ok());
    values.any(|value| {
        let mut given = value.split(',').map(str::trim);
        given.any(|given| tokens.iter().any(|token| given.eq_ignore_ascii_case(token)))
    })
}
