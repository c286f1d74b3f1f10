use pavex::Response;
use pavex::cookie::{
    Processor, ResponseCookie, ResponseCookies, SameSite, extract_request_cookies,
    inject_response_cookies,
};
use pavex::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use pavex::request::RequestHead;
use pavex::time::SignedDuration;
use uuid::Uuid;

use crate::servers::app::shown;
use crate::servers::settings::{COOKIE as NAME, LIFETIME, cookies};

/// The way in which the id of a session is in its cookie. Only the answer that starts a session
/// has the cookie, as with `session_kit` until the deadline moves.
pub(super) enum Cookies {
    /// Pavex encrypts the id, and decrypts it.
    Encrypted(Processor),
    Plain,
}

impl Cookies {
    pub(super) fn encrypted() -> Self {
        Self::Encrypted(cookies(NAME).into())
    }

    /// Returns the id in the cookie of a request.
    pub(super) fn id(&self, head: &RequestHead) -> anyhow::Result<Option<Uuid>> {
        match self {
            Self::Encrypted(processor) => {
                let cookies = extract_request_cookies(head, processor)?;
                let id = cookies.get(NAME);
                Ok(id.map(|it| Uuid::parse_str(it.value())).transpose()?)
            }
            Self::Plain => plain_id(head),
        }
    }

    /// Returns the answer with a value, and the cookie of a session that is new.
    pub(super) fn answer(&self, value: u64, new: Option<Uuid>) -> anyhow::Result<Response> {
        let mut response = shown(value);
        match self {
            Self::Encrypted(processor) => {
                let mut cookies = ResponseCookies::new();
                if let Some(id) = new {
                    cookies.insert(cookie(id)?);
                }
                response = inject_response_cookies(response, cookies, processor)?;
            }
            Self::Plain => {
                if let Some(id) = new {
                    response = response.append_header(SET_COOKIE, plain(id)?);
                }
            }
        }
        Ok(response)
    }
}

fn cookie(id: Uuid) -> anyhow::Result<ResponseCookie<'static>> {
    Ok(ResponseCookie::new(NAME, id.to_string())
        .set_http_only(true)
        .set_same_site(SameSite::Lax)
        .set_secure(true)
        .set_path("/")
        .set_max_age(SignedDuration::try_from(LIFETIME)?))
}

fn plain_id(head: &RequestHead) -> anyhow::Result<Option<Uuid>> {
    let Some(cookies) = head.headers.get(COOKIE) else {
        return Ok(None);
    };
    let mut pairs = cookies.to_str()?.split("; ");
    let value = pairs.find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='));
    Ok(value.map(Uuid::parse_str).transpose()?)
}

fn plain(id: Uuid) -> anyhow::Result<HeaderValue> {
    let seconds = LIFETIME.as_secs();
    let cookie = format!("{NAME}={id}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age={seconds}");
    Ok(HeaderValue::try_from(cookie)?)
}
