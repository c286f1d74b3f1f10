use pavex::Response;
use pavex::http::header::{HeaderName, SET_COOKIE};
use pavex::post_process;
use pavex::request::RequestHead;

use super::caching;
use crate::errors::SessionError;
use crate::session::Session;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The middleware that commits the changes of a request and sends the session cookie, if either is
/// needed.
///
/// Register [`FINALIZE_SESSION`] as a post-processing middleware: it applies to the routes that are
/// registered after it. It writes the `Set-Cookie` header itself, so it does not matter whether
/// pavex's `INJECT_RESPONSE_COOKIES` is registered, nor where. If the response is a server error
/// (5xx), changes are discarded unless `session.state.save_on_server_error` is set; the end of a
/// session takes effect in any case.
///
/// # Caches
///
/// A response whose handler consulted the session gets `Vary: Cookie` and `Cache-Control: private`.
/// [`session.caching`](crate::config::CachingConfig) chooses another value. If the handler has set
/// `Cache-Control` itself, that header stays as it is.
///
/// A response with a session cookie gets `Cache-Control: private, no-store`, because a shared cache
/// could hand the cookie to other visitors. If the handler has set `private` or `no-store`, its
/// header suffices. Any other `Cache-Control` of the handler, such as `public`, stays, and the
/// second header overrules it: the most restrictive directive counts (RFC 9111, section 4.2.1).
/// Headers for one kind of cache only, such as `CDN-Cache-Control` (RFC 9213), are not examined.
///
/// # Log-outs
///
/// If the handler ended the session, the response has `Clear-Site-Data: "cache"`, unless the
/// handler has set that header. Browsers then delete the pages in their HTTP cache. The Back button
/// may still show a page from the back/forward cache, unless that page is `no-store`
/// ([`PageCaching::NoStore`](crate::config::PageCaching::NoStore)).
/// [`session.caching.clear_at_log_out`](crate::config::CachingConfig::clear_at_log_out) chooses
/// other kinds of data.
///
/// # Dead cookies
///
/// A cookie that no later request can use is removed, so that it is reported and looked up only
/// once. Either such a cookie is not authentic, for example after a change of the key without a
/// fallback, or its session was revoked or has expired. A cookie is kept for a minute after its
/// deadline, which a parallel request may have moved.
///
/// The removal is sent if the handler consulted the session and no other session cookie is sent.
/// The request must be a navigation, or have no header `Sec-Fetch-Mode`: a script in the
/// background may wait for its response while the visitor logs in, and the removal would then
/// delete the cookie of that log-in. For the same reason, a cookie is kept if its secret was
/// replaced, if its session ended while the request was under way, or if another release of the
/// application may be able to read it. Nothing is removed if the request has more than eight
/// session cookies, since the others are not read.
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
    if finalized.consulted {
        caching::vary_by_cookie(headers);
    }
    if let Some(cookie) = finalized.cookie {
        headers.append(SET_COOKIE, cookie);
        caching::protect_cookie(headers);
    } else if finalized.consulted {
        let caching = &session.inner().env.policy.config().caching;
        caching::protect_page(headers, caching.pages);
    }
    if let Some(kinds) = finalized.clear_site_data {
        headers.entry(CLEAR_SITE_DATA).or_insert(kinds);
    }
    Ok(response)
}
