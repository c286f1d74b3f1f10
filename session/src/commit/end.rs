use super::plan::{EndStep, plan_end};
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::env::Env;
use crate::session::lookup::match_secret;
use crate::session::progress::{EndReason, Ending};
use crate::session::status::SessionStatus;
use crate::telemetry;
use crate::token::SessionId;

/// Deletes the sessions that the handler ended, if they were this request's to end.
pub(super) async fn delete_ended(session: &mut Inner) -> Result<(), SessionError> {
    if let Some(ending) = &session.progress.ending {
        delete(&session.env, ending).await?;
        // Not before: a handler may drop this future and try again.
        session.progress.ending = None;
        session.progress.removal_due = true;
    }
    Ok(())
}

/// The right of a request to end the session of one of its cookies.
#[derive(Clone, Copy)]
enum Verdict {
    /// There is no session to end.
    Nothing,
    Ends(SessionId),
    Refuses,
}

/// Deletes the sessions of all cookies that came with the request.
async fn delete(env: &Env, ending: &Ending) -> Result<(), SessionError> {
    let found = &ending.found;
    let status = &found.load(env).await?.status;
    let mut verdict = judge_status(env, ending, status).await?;
    carry_out(env, ending, verdict).await?;
    let others = found.other_cookies().iter();
    for cookie in others.filter(|cookie| Some(cookie.token.id) != status.named_id()) {
        let other = judge(env, cookie).await?;
        carry_out(env, ending, other).await?;
        if let Verdict::Nothing = verdict {
            verdict = other;
        }
    }
    match verdict {
        Verdict::Refuses => Err(SessionError::NotEnded),
        _ => Ok(()),
    }
}

async fn judge_status(
    env: &Env,
    ending: &Ending,
    status: &SessionStatus,
) -> Result<Verdict, SessionError> {
    let step = plan_end(status);
    Ok(
        match (step, status.named_id(), ending.found.arrived_cookie()) {
            (EndStep::Delete, Some(id), _) => Verdict::Ends(id),
            (EndStep::Judge, _, Some(cookie)) => judge(env, cookie).await?,
            (EndStep::Refuse, ..) => Verdict::Refuses,
            _ => Verdict::Nothing,
        },
    )
}

/// Decides whether a cookie has the right to end its session, without the state of that session.
async fn judge(env: &Env, cookie: &CookiePayload) -> Result<Verdict, SessionError> {
    let id = cookie.token.id;
    Ok(match env.store.load(id).await? {
        None => Verdict::Nothing,
        Some(record) if match_secret(&record, cookie, env.now()).is_some() => Verdict::Ends(id),
        Some(_) => Verdict::Refuses,
    })
}

async fn carry_out(env: &Env, ending: &Ending, verdict: Verdict) -> Result<(), SessionError> {
    if let Verdict::Ends(id) = verdict {
        env.store.delete(id).await?;
        match ending.reason {
            EndReason::Invalidated => telemetry::invalidated(id),
            EndReason::LoggedOut => telemetry::logged_out(id),
        }
    }
    Ok(())
}
