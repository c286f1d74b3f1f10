use crate::config::AtLimit;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::store::{SessionSummary, StoreError};
use crate::telemetry;

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
    let live = env.live_sessions_of(principal).await?;
    if live.len() > limit {
        match config.at_limit {
            AtLimit::EndOldest => end_oldest(session, live, limit).await?,
            AtLimit::Refuse => return refuse(session, limit).await,
        }
    }
    session.progress.limit_check_due = None;
    Ok(())
}

async fn end_oldest(
    session: &Inner,
    mut live: Vec<SessionSummary>,
    limit: usize,
) -> Result<(), StoreError> {
    // The time of the proof may lie far back, at an identity provider.
    live.sort_by_key(|summary| (summary.secret_issued_at, summary.id));
    live.truncate(live.len() - limit);
    for oldest in live {
        session.env.store.delete(oldest.id, None).await?;
        telemetry::revoked(oldest.id);
    }
    Ok(())
}

/// Takes the log-in back: the session that it made ends.
async fn refuse(session: &mut Inner, limit: usize) -> Result<(), SessionError> {
    // If the answer of the store is lost, the next check does not find the session any more.
    session.progress.log_in_refused = true;
    if let Some(id) = session.status().named_id() {
        session.env.store.delete(id, None).await?;
        session.found.mark_lost();
    }
    session.progress.limit_check_due = None;
    session.progress.log_in_refused = false;
    Err(SessionError::TooManySessions { limit })
}
