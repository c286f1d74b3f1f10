use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::env::Env;
use crate::session::found::Found;
use crate::session::lookup::match_secret;
use crate::session::progress::{EndReason, Ending};
use crate::session::status::SessionStatus;
use crate::store::{SessionRecord, StoreError, StoreErrorKind};
use crate::token::SessionId;
use crate::{clock, telemetry};

/// Deletes the sessions that the handler ended, if they were this request's to end.
pub(super) async fn delete_ended(session: &mut Inner) -> Result<(), SessionError> {
    if let Some(ending) = &session.progress.ending {
        let outcome = delete(&session.env, ending).await?;
        let goes_on = ending.found.has_unread_cookies() && !session.env.store.is_cookie_only();
        if goes_on || outcome == Outcome::Refused || outcome == Outcome::Overtaken {
            return Err(SessionError::NotEnded);
        }
        // Not before: a handler may drop this future and try again.
        session.progress.ending = None;
        session.progress.removal_due = true;
    }
    Ok(())
}

/// The step that ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndStep {
    /// There is nothing to delete.
    Nothing,
    Delete,
    /// The request could not use the record. Whether it may end the session depends on the secret.
    Judge,
    /// The session goes on under a newer secret, and must not be reported as ended.
    Refuse,
}

/// Plans the end of a session, once its record was loaded.
pub(super) fn plan_end(status: &SessionStatus) -> EndStep {
    match status {
        SessionStatus::Live(_) => EndStep::Delete,
        SessionStatus::Superseded(_) => EndStep::Refuse,
        // The record of a session that is over may still be there. Another request may be moving
        // its deadline, or another server, with longer timeouts, may use it.
        SessionStatus::NoSession
        | SessionStatus::DeadCookie { .. }
        | SessionStatus::Lost(_)
        | SessionStatus::Unloaded(_) => EndStep::Judge,
        SessionStatus::WithoutRecord(_) => EndStep::Nothing,
    }
}

/// The outcome of ending the session of one cookie. Of several further cookies, the greatest one
/// counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// There was no session to end.
    Nothing,
    /// The cookie has no right to end its session.
    Refused,
    Ended,
    /// As `Refused`, and the browser is about to get a newer cookie of the session.
    Overtaken,
}

impl Outcome {
    /// Adds the outcome of the further cookies.
    ///
    /// A cookie that lost its right long ago grants no access either, so it does not spoil the end
    /// of another session.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Overtaken) => other,
            _ => self,
        }
    }
}

/// Deletes the sessions of all cookies that came with the request.
async fn delete(env: &Env, ending: &Ending) -> Result<Outcome, SessionError> {
    let found = &ending.found;
    let status = &found.load(env).await?.status;
    let judged = cookie_to_judge(found, status);
    let mut unreadable = None;
    let ended = end_found(env, ending, status, judged).await;
    let outcome = unless_unreadable(ended, &mut unreadable)?;
    let done = judged.map(|cookie| cookie.token.id).or(status.named_id());
    // The latest one is not done if an older one took its place, or the request began a session.
    let latest = found.arrived_cookie().into_iter();
    let others = latest.chain(found.other_cookies());
    let mut further = Outcome::Nothing;
    for cookie in others.filter(|cookie| Some(cookie.token.id) != done) {
        let ended = end_by_secret(env, ending, cookie).await;
        further = further.max(unless_unreadable(ended, &mut unreadable)?);
    }
    match unreadable {
        None => Ok(outcome.and(further)),
        Some(error) => Err(error.into()),
    }
}

/// Puts the error of a record that cannot be read aside, until the other cookies had their turn.
fn unless_unreadable(
    ended: Result<Outcome, SessionError>,
    unreadable: &mut Option<StoreError>,
) -> Result<Outcome, SessionError> {
    match ended {
        Err(SessionError::Store(error)) if error.kind() == StoreErrorKind::InvalidRecord => {
            *unreadable = Some(error);
            Ok(Outcome::Nothing)
        }
        ended => ended,
    }
}

/// Returns the cookie of a session that the request could not use, or lost.
fn cookie_to_judge<'f>(found: &'f Found, status: &SessionStatus) -> Option<&'f CookiePayload> {
    if plan_end(status) != EndStep::Judge {
        return None;
    }
    // It is not the latest one if the session of that had ended.
    let named = status.named_id().and_then(|id| found.cookie_of(id));
    named.or_else(|| found.arrived_cookie())
}

async fn end_found(
    env: &Env,
    ending: &Ending,
    status: &SessionStatus,
    judged: Option<&CookiePayload>,
) -> Result<Outcome, SessionError> {
    match (plan_end(status), status.named_id(), judged) {
        (EndStep::Delete, Some(id), _) => end(env, ending, id).await,
        (EndStep::Judge, _, Some(cookie)) => end_by_secret(env, ending, cookie).await,
        (EndStep::Refuse, ..) => Ok(Outcome::Refused),
        _ => Ok(Outcome::Nothing),
    }
}

/// Ends the session whatever its secret is by now: the end wins over a renewal or a log-in that
/// another request of the browser commits at this moment.
async fn end(env: &Env, ending: &Ending, id: SessionId) -> Result<Outcome, SessionError> {
    env.store.delete(id, None).await?;
    report(ending, id);
    Ok(Outcome::Ended)
}

/// Ends the session of a cookie that has the right to it. Its state may be damaged, or its record
/// one that this release cannot read.
async fn end_by_secret(
    env: &Env,
    ending: &Ending,
    cookie: &CookiePayload,
) -> Result<Outcome, SessionError> {
    let id = cookie.token.id;
    if env
        .store
        .delete(id, Some(cookie.token.secret.hash()))
        .await?
    {
        report(ending, id);
        return Ok(Outcome::Ended);
    }
    // By the deadline in the store: servers with longer timeouts may use the record.
    match env.store.load(id).await? {
        None => Ok(Outcome::Nothing),
        Some(record) if match_secret(&record, cookie, env.now()).is_some() => {
            end(env, ending, id).await
        }
        Some(record) if record.expires_at <= env.now() => Ok(Outcome::Nothing),
        Some(record) => Ok(refusal(env, &record)),
    }
}

/// Returns the outcome for a cookie whose secret was replaced.
fn refusal(env: &Env, record: &SessionRecord) -> Outcome {
    let until = clock::after(record.secret_issued_at, env.policy.state().renewal_grace);
    match env.arrived_before(until) {
        true => Outcome::Overtaken,
        false => Outcome::Refused,
    }
}

fn report(ending: &Ending, id: SessionId) {
    match ending.reason {
        EndReason::Invalidated => telemetry::invalidated(id),
        EndReason::LoggedOut => telemetry::logged_out(id),
    }
}
