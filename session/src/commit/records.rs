//! The record that a commit writes.

use std::sync::Arc;

use super::plan::{Plan, TokenStep};
use crate::clock;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::status::LiveSession;
use crate::store::{Lifetime, PreviousSecret, Revision, SerializedState, SessionRecord};
use crate::token::{Secret, SessionToken};

/// The record of a new session.
pub(super) fn first_record(
    session: &Inner,
    token: &SessionToken,
    plan: &Plan,
) -> Result<SessionRecord, SessionError> {
    let mut record = SessionRecord {
        id: token.id,
        revision: Revision::FIRST,
        secret: token.secret.hash(),
        secret_issued_at: plan.now,
        previous_secret: None,
        principal: None,
        created_at: token.id.created_at(),
        authenticated_at: None,
        last_active_at: plan.now,
        expires_at: plan.expires_at,
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::Ordinary,
        state: serialized_state(session)?,
    };
    apply_log_in(&mut record, session);
    Ok(record)
}

/// The record of a session after the planned change, and the secret that its cookie carries.
pub(super) fn next_record(
    session: &Inner,
    live: &LiveSession,
    plan: &Plan,
) -> Result<(Arc<SessionRecord>, Secret), SessionError> {
    let mut next = live.record.clone();
    let record = Arc::make_mut(&mut next);
    record.revision = record.revision.random_next()?;
    if !session.is_passive() {
        record.last_active_at = plan.now;
    }
    record.expires_at = plan.expires_at;
    record.state = serialized_state(session)?;
    apply_log_in(record, session);
    let secret = live.current_secret();
    if record.has_stale_secret(plan.now) {
        record.previous_secret = None;
    }
    if plan.token == TokenStep::Keep {
        return Ok((next, secret.clone()));
    }
    let successor = Secret::generate()?;
    record.previous_secret = replaced_secret(session, live, plan, &successor);
    record.secret = successor.hash();
    record.secret_issued_at = plan.now;
    Ok((next, successor))
}

/// Returns the secret that the record keeps for the grace period, if it keeps one.
fn replaced_secret(
    session: &Inner,
    live: &LiveSession,
    plan: &Plan,
    successor: &Secret,
) -> Option<PreviousSecret> {
    let replaced = match plan.token {
        TokenStep::RenewWithGrace => live.current_secret().clone(),
        // Other log-ins of the browser carry the same cookie.
        _ if session.pending.log_in().is_some() => live.cookie.token.secret.before_log_in(),
        _ => return None,
    };
    Some(PreviousSecret {
        hash: replaced.hash(),
        valid_until: clock::after(plan.now, session.env.policy.state().renewal_grace),
        successor: replaced.seal(successor),
    })
}

fn apply_log_in(record: &mut SessionRecord, session: &Inner) {
    if let Some(log_in) = session.pending.log_in() {
        record.authenticated_at = Some(log_in.proof_after(Some(record)));
        record.principal = Some(log_in.principal.clone());
        record.stamp = log_in.stamp_for(record.id);
        record.origin = log_in.origin.or(record.origin);
        record.lifetime = log_in.lifetime_after(Some(record));
        if log_in.label.is_some() {
            record.label.clone_from(&log_in.label);
        }
    }
}

fn serialized_state(session: &Inner) -> Result<SerializedState, SessionError> {
    match session.found.state() {
        Some(state) => state.serialize(session.env.policy.state().max_size),
        None => Ok(SerializedState::empty()),
    }
}
