//! The time that is left to the session of a member.

use pavex::http::header::{CACHE_CONTROL, HeaderValue};
use pavex::response::body::Json;
use pavex::{Response, get};
use serde::Serialize;
use session::{PassiveRequest, Principal, Session};

use crate::errors::ShopError;

#[derive(Default, Serialize)]
struct TimeLeft {
    /// `None` if nobody is logged in.
    seconds_left: Option<u64>,
    /// True if no activity moves the end, so that only the password helps.
    is_final: bool,
}

/// Tells the script of the pages when to warn a member.
///
/// An example of [`PassiveRequest`]: the script asks once a minute, which is not activity of the
/// member, so the session still ends after the idle timeout.
///
/// # Errors
///
/// Returns [`ShopError::Session`] if the session cannot be read.
#[get(path = "/session")]
pub async fn show_time_left(
    session: &Session,
    member: &Option<Principal>,
    _passive: &PassiveRequest,
) -> Result<Response, ShopError> {
    let time_left = match member {
        Some(_) => TimeLeft {
            seconds_left: session.remaining().await?.map(|left| left.as_secs()),
            is_final: session.absolute_deadline().await? == session.expires_at(),
        },
        None => TimeLeft::default(),
    };
    let answer = Response::ok().set_typed_body(Json::new(time_left)?);
    // Chromium keeps no page in its back/forward cache that has requested a `no-store` resource.
    Ok(answer.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-cache")))
}
