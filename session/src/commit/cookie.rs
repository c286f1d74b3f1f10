//! The cookie that a commit sends.

use super::plan::Plan;
use crate::clock;
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::store::SessionRecord;
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
    let timeouts = session.env.policy.timeouts(has_principal);
    let begins_at = record.map_or_else(|| token.id.created_at(), SessionRecord::begins_at);
    let client_state = session.client_json();
    session.env.check_cookie_size(client_state.len())?;
    Ok(CookiePayload {
        token,
        issued_at: clock::to_micros(plan.now),
        expires_at: plan.expires_at,
        at_absolute_limit: timeouts.absolute_deadline(begins_at) <= plan.expires_at,
        has_record: record.is_some(),
        has_principal,
        has_old_key: false,
        client_state,
    })
}
