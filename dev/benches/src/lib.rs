//! One request's session work in process, done by `session` and by `pavex_session`.
//!
//! Both read the session cookie from a request head, use the session, finalise it, and build the
//! `Set-Cookie` header; both protect the cookie with the same key and keep records in memory.

#![allow(clippy::exhaustive_enums, reason = "only the benchmarks use it")]

pub mod ours;
pub mod theirs;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};
use pavex::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use pavex::http::{HeaderMap, Method, Uri, Version};
use pavex::request::RequestHead;

/// The name of the session cookie.
pub const COOKIE_NAME: &str = "__Host-Http-id";

/// The use that a request makes of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Leaves the session alone.
    Untouched,
    /// Reads one value.
    Read,
    /// Reads one value as it was a moment ago, if the library can.
    ReadRecent,
    /// Changes one value.
    Write,
    /// Changes one value, and one in the cookie.
    WriteBoth,
}

/// Returns a cookie configuration whose rule with that name encrypts, with a fixed key.
pub fn cookies(rule: &str) -> ProcessorConfig {
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(CryptoRule {
        cookie_names: vec![rule.into()],
        algorithm: CryptoAlgorithm::Encryption,
        key: Key::from((0..=255).collect()),
        fallbacks: vec![],
    });
    config
}

/// Returns the head of a request with the given `Cookie` header.
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

/// Returns the `name=value` of the `Set-Cookie` header of a response.
pub fn cookie_of(response: &pavex::Response) -> String {
    let header = response
        .headers()
        .get(SET_COOKIE)
        .expect("a cookie was set");
    let text = header.to_str().expect("the cookie is ASCII");
    text.split("; ").next().unwrap_or_default().to_owned()
}

/// Runs a future that never waits.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory store never waits"),
    }
}
