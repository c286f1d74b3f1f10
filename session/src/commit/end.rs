use super::plan::{EndStep, plan_end};
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::env::Env;
use crate::session::progress::{EndReason, Ending};
use crate::telemetry;

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
    match (plan_end(status), status.named_id()) {
        (EndStep::Refuse, _) => return Err(SessionError::NotEnded),
        (EndStep::Delete, Some(id)) => {
            env.store.delete(id).await?;
            match ending.reason {
                EndReason::Invalidated => telemetry::invalidated(id),
                EndReason::LoggedOut => telemetry::logged_out(id),
            }
        }
        _ => {}
    }
    Ok(())
}
