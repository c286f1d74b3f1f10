//! One request's session work in process, done by `session` and by `pavex_session`.
//!
//! Both read the session cookie from a request head, use the session, finalise it, and build the
//! `Set-Cookie` header; both encrypt the cookie with the same key and keep records in memory.

pub mod ours;
pub mod theirs;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, Processor, ProcessorConfig};
use pavex::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use pavex::http::{HeaderMap, Method, Uri, Version};
use pavex::request::RequestHead;

/// The name of the session cookie.
pub const COOKIE_NAME: &str = "__Host-id";

/// What a request does with its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    Untouched,
    /// Reads one value.
    Read,
    /// Changes one value.
    Write,
}

/// A cookie configuration that encrypts the session cookie with a fixed key.
pub fn cookies() -> ProcessorConfig {
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(CryptoRule {
        cookie_names: vec![COOKIE_NAME.into()],
        algorithm: CryptoAlgorithm::Encryption,
        key: Key::from((0..=255).collect()),
        fallbacks: vec![],
    });
    config
}

/// The processor for [`cookies`].
pub fn processor() -> Processor {
    cookies().into()
}

/// The head of a request as browsers send it, with the given `Cookie` header.
pub fn head(cookie: Option<&str>) -> RequestHead {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie {
        let value = HeaderValue::try_from(cookie).expect("a cookie is a header value");
        headers.insert(COOKIE, value);
    }
    RequestHead {
        method: Method::GET,
        target: Uri::from_static("/"),
        version: Version::HTTP_11,
        headers,
    }
}

/// The `name=value` of the response's `Set-Cookie` header.
pub fn cookie_of(response: &pavex::Response) -> String {
    let header = response
        .headers()
        .get(SET_COOKIE)
        .expect("a cookie was set");
    let text = header.to_str().expect("it is ASCII");
    text.split("; ").next().unwrap_or_default().to_owned()
}

/// Runs a future that has nothing to wait for.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory store never waits"),
    }
}
