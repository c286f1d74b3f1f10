//! Pavex without a session library: the statements of `session_kit`, issued by the handler.
//!
//! The cookie holds the id alone, in plain text. Nothing is checked but the deadline, nothing is
//! bounded in time, and a conflict of two requests is an error.

pub(super) mod postgres;
pub(super) mod redis;
pub(super) mod sqlite;

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use pavex::Response;
use pavex::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use pavex::request::RequestHead;
use uuid::Uuid;

use super::settings::{COOKIE as NAME, LIFETIME};

/// The hash of the secret, which a library would compute.
const SECRET: &[u8] = &[7; 32];

/// The version of the records.
const VERSION: i16 = 1;

fn now() -> anyhow::Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_micros())?)
}

fn lifetime() -> i64 {
    LIFETIME.as_secs().cast_signed() * 1_000_000
}

/// Returns the id in the cookie of a request.
fn id_of(head: &RequestHead) -> anyhow::Result<Option<Uuid>> {
    let Some(cookies) = head.headers.get(COOKIE) else {
        return Ok(None);
    };
    let mut pairs = cookies.to_str()?.split("; ");
    let value = pairs.find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='));
    Ok(value.map(Uuid::parse_str).transpose()?)
}

/// Adds the cookie of a new session.
fn with_cookie(response: Response, id: Uuid) -> anyhow::Result<Response> {
    let seconds = LIFETIME.as_secs();
    let cookie = format!("{NAME}={id}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age={seconds}");
    Ok(response.append_header(SET_COOKIE, HeaderValue::try_from(cookie)?))
}

fn state(value: u64) -> String {
    format!("{{\"value\":{value}}}")
}

fn value(state: &[u8]) -> anyhow::Result<u64> {
    let text = str::from_utf8(state)?;
    let number = text.strip_prefix("{\"value\":");
    let number = number.and_then(|it| it.strip_suffix('}'));
    Ok(number.context("the state has no value")?.parse()?)
}

fn ensure_live(expires_at: i64) -> anyhow::Result<()> {
    ensure!(expires_at > now()?, "the session has expired");
    Ok(())
}
