use crate::config::AtLimit;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::env::Env;
use crate::store::{SessionSummary, StoreError, StoreErrorKind};
use crate::telemetry;

/// Each list but the first one follows a log-in or renewal of a session that was about to end.
const MAX_LISTS: u32 = 16;

/// Holds a committed log-in to the limit: of parallel ones, the last sees all the others.
pub(super) async fn enforce_session_limit(session: &mut Inner) -> Result<(), SessionError> {
    let env = &session.env;
    let config = &env.policy.config().log_in;
    let (Some(principal), Some(limit)) = (
        &session.progress.limit_check_due,
        config.max_sessions_per_principal,
    ) else {
        return Ok(());
    };
    let limit = limit.get();
    if session.progress.log_in_refused {
        return refuse(session, limit).await;
    }
    for _ in 0..MAX_LISTS {
        let live = env.live_sessions_of(principal).await?;
        if live.len() > limit && config.at_limit == AtLimit::Refuse {
            return refuse(session, limit).await;
        }
        if end_oldest(env, live, limit).await? {
            session.progress.limit_check_due = None;
            return Ok(());
        }
    }
    Err(SessionError::Contention {
        attempts: MAX_LISTS,
    })
}

/// Ends the sessions beyond the limit. Returns `false` if one of them is not the oldest any more.
async fn end_oldest(
    env: &Env,
    mut live: Vec<SessionSummary>,
    limit: usize,
) -> Result<bool, StoreError> {
    // The time of the proof may lie far back, at an identity provider.
    live.sort_by_key(|summary| (summary.secret_issued_at, summary.id));
    live.truncate(live.len().saturating_sub(limit));
    for oldest in &live {
        if !end_if_unchanged(env, oldest).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends a session unless it has got a new secret since it was listed.
async fn end_if_unchanged(env: &Env, listed: &SessionSummary) -> Result<bool, StoreError> {
    let secret = match env.store.load(listed.id).await {
        Ok(None) => return Ok(true),
        Ok(Some(record)) if record.secret_issued_at != listed.secret_issued_at => return Ok(false),
        Ok(Some(record)) => Some(record.secret),
        Err(error) if error.kind() == StoreErrorKind::InvalidRecord => None,
        Err(error) => return Err(error),
    };
    let ended = env.store.delete(listed.id, secret).await?;
    if ended {
        telemetry::revoked(listed.id);
    }
    Ok(ended)
}

/// Takes the log-in back: the session that it made ends.
async fn refuse(session: &mut Inner, limit: usize) -> Result<(), SessionError> {
    // If the answer of the store is lost, the next check does not find the session any more.
    session.progress.log_in_refused = true;
    if let Some(id) = session.status().named_id() {
        session.env.store.delete(id, None).await?;
        session.found.mark_lost();
    }
    // A log-in since then would be repeated, and refused again.
    session.clear_pending();
    session.progress.limit_check_due = None;
    session.progress.log_in_refused = false;
    Err(SessionError::TooManySessions { limit })
}
