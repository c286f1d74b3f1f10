//! The cookie that a commit makes, and that the response carries.

use pavex::http::HeaderValue;
use pavex::request::RequestHead;

use super::page;
use super::plan::Plan;
use crate::clock;
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::progress::CookieProgress;
use crate::session::status::SessionStatus;
use crate::store::{Lifetime, SessionRecord};
use crate::token::SessionToken;

/// Makes the cookie with that token, and checks it before anything is written.
pub(super) fn payload(
    session: &Inner,
    token: SessionToken,
    plan: &Plan,
    record: Option<&SessionRecord>,
) -> Result<CookiePayload, SessionError> {
    if plan.expires_at <= plan.now {
        // The proof of a log-in was not too old yet when the handler called `log_in`.
        return Err(SessionError::ProofTooOld);
    }
    let has_principal = record.is_some_and(|record| record.principal.is_some());
    let policy = &session.env.policy;
    let timeouts = record.map_or_else(
        || policy.timeouts_of_anonymous(),
        |it| policy.timeouts_of(it),
    );
    let begins_at = record.map_or_else(|| token.id.created_at(), SessionRecord::begins_at);
    Ok(CookiePayload {
        token,
        issued_at: clock::to_micros(plan.now),
        expires_at: plan.expires_at,
        at_absolute_limit: timeouts.absolute_deadline(begins_at) <= plan.expires_at,
        has_record: record.is_some(),
        has_principal,
        lifetime: record.map_or(Lifetime::Ordinary, |record| record.lifetime),
        has_old_key: false,
        client_state: session.client_json()?,
    })
}

/// Returns the cookie that the response sets, if it sets one.
fn to_set(session: &Inner) -> Option<&CookiePayload> {
    let is_confirmed = session.progress.cookie == CookieProgress::Confirmed;
    let status = session.found.known_status().filter(|_| is_confirmed);
    status.and_then(SessionStatus::cookie)
}

/// Returns the cookie of the response to `head`, which is `None` if the session was not consulted.
pub(super) fn outgoing(
    session: &Inner,
    head: Option<&RequestHead>,
) -> Result<Option<HeaderValue>, SessionError> {
    let policy = &session.env.policy;
    if let Some(cookie) = to_set(session) {
        return Ok(Some(policy.set_cookie(cookie)?));
    }
    let status = session.found.known_status();
    let is_dead = status.is_some_and(SessionStatus::is_dead);
    let removes_dead = is_dead && head.is_some_and(page::is_navigation);
    let removes = session.progress.removal_due || removes_dead;
    Ok(removes.then(|| policy.remove_cookie()))
}

/// Returns the value of `Clear-Site-Data`, if the handler ended a session.
pub(super) fn clear_site_data(session: &Inner) -> Option<HeaderValue> {
    if !session.progress.has_ended {
        return None;
    }
    let caching = &session.env.policy.config().caching;
    caching.clear_site_data(to_set(session).is_some())
}
