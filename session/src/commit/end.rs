use super::plan::{EndStep, plan_end};
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::env::Env;
use crate::session::lookup::match_secret;
use crate::session::progress::{EndReason, Ending};
use crate::telemetry;
use crate::token::SessionId;

/// Deletes the session that the handler ended, if it was this request's to end.
pub(super) async fn delete_ended(session: &mut Inner) -> Result<(), SessionError> {
    if let Some(ending) = &session.progress.ending {
        delete(&session.env, ending).await?;
        // Not before: a handler may drop this future and try again.
        session.progress.ending = None;
        session.progress.removal_due = true;
    }
    Ok(())
}

async fn delete(env: &Env, ending: &Ending) -> Result<(), SessionError> {
    let status = &ending.found.load(env).await?.status;
    let id = match plan_end(status) {
        EndStep::Nothing => None,
        EndStep::Delete => status.named_id(),
        EndStep::Judge => judge(env, ending).await?,
        EndStep::Refuse => return Err(SessionError::NotEnded),
    };
    if let Some(id) = id {
        env.store.delete(id).await?;
        match ending.reason {
            EndReason::Invalidated => telemetry::invalidated(id),
            EndReason::LoggedOut => telemetry::logged_out(id),
        }
    }
    Ok(())
}

/// Returns the session that the cookie has the right to end, judged without its state.
async fn judge(env: &Env, ending: &Ending) -> Result<Option<SessionId>, SessionError> {
    let Some(cookie) = ending.found.arrived_cookie() else {
        return Ok(None);
    };
    let id = cookie.token.id;
    match env.store.load(id).await? {
        None => Ok(None),
        Some(record) if match_secret(&record, cookie, env.now()).is_some() => Ok(Some(id)),
        Some(_) => Err(SessionError::NotEnded),
    }
}
