//! The steps of a plan that write a record or send a cookie.

use std::sync::Arc;

use time::UtcDateTime;

use super::plan::{Plan, TokenStep};
use super::{cookie, records};
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
use crate::session::progress::{CookieProgress, SentWrite};
use crate::session::status::{LiveSession, MatchedSecret, SessionStatus};
use crate::store::{CreateOutcome, Extension, ReplaceOutcome, SessionRecord, TouchOutcome};
use crate::telemetry;
use crate::token::{Secret, SessionToken};

pub(super) enum StepOutcome {
    Done,
    /// More is known now than when the step was planned.
    PlanAgain,
    /// Another request committed first.
    Conflict,
    /// The changes were dropped, because the session is over.
    Discarded,
}

pub(super) async fn create(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let token = SessionToken::generate(plan.now)?;
    let record = Arc::new(records::first_record(session, &token, plan)?);
    let cookie = cookie::payload(session, token, plan, Some(&record))?;
    let sent = note_sent(session, plan, record, plan.expires_at, cookie);
    match session.env.store.create(sent).await? {
        CreateOutcome::Created => {
            confirm(session);
            Ok(StepOutcome::Done)
        }
        CreateOutcome::DuplicateId => {
            if let Some(sent) = session.progress.sent.take() {
                telemetry::duplicate_id(sent.record.id);
            }
            Ok(StepOutcome::PlanAgain)
        }
    }
}

pub(super) async fn replace(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let SessionStatus::Live(live) = session.status() else {
        return Ok(StepOutcome::Done);
    };
    let expected = live.record.revision;
    let stored_until = live.stored_until.max(plan.expires_at);
    let (record, secret) = records::next_record(session, live, plan)?;
    let cookie = match plan.sets_cookie {
        true => cookie::payload(session, live.token(secret), plan, Some(&record))?,
        false => live.cookie.clone(),
    };
    let sent = note_sent(session, plan, record, stored_until, cookie);
    let outcome = session.env.store.replace(sent, expected).await?;
    if outcome == ReplaceOutcome::Replaced {
        confirm(session);
        return Ok(StepOutcome::Done);
    }
    session.progress.sent = None;
    if outcome == ReplaceOutcome::Conflict {
        return Ok(StepOutcome::Conflict);
    }
    session.found.mark_lost();
    Ok(StepOutcome::PlanAgain)
}

fn note_sent(
    session: &mut Inner,
    plan: &Plan,
    record: Arc<SessionRecord>,
    stored_until: UtcDateTime,
    cookie: CookiePayload,
) -> Arc<SessionRecord> {
    let sent = record.clone();
    session.progress.sent = Some(SentWrite {
        record,
        expected: session.status().record().map(|record| record.revision),
        stored_until,
        cookie,
        sets_cookie: plan.sets_cookie,
        renews: plan.token != TokenStep::Keep,
        on_timer: plan.token == TokenStep::RenewWithGrace,
        logs_in: session.pending.log_in().is_some(),
    });
    sent
}

fn confirm(session: &mut Inner) {
    session.confirm_sent();
    session.clear_pending();
}

pub(super) async fn touch(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let SessionStatus::Live(live) = session.status() else {
        return Ok(StepOutcome::Done);
    };
    let extension = Extension {
        last_active_at: plan.now,
        expires_at: plan.expires_at,
    };
    let mut record = live.record.clone();
    let extended = Arc::make_mut(&mut record);
    extended.last_active_at = extension.last_active_at;
    extended.expires_at = extension.expires_at;
    let token = live.token(live.current_secret().clone());
    let cookie = cookie::payload(session, token, plan, Some(&record))?;
    let (id, expected) = (record.id, record.secret);
    let live = LiveSession {
        record,
        stored_until: live.stored_until.max(plan.expires_at),
        ..live.clone()
    };
    match session.env.store.touch(id, expected, extension).await? {
        TouchOutcome::Touched => {
            telemetry::extended(id);
            send(session, Some(live), cookie);
            Ok(StepOutcome::Done)
        }
        TouchOutcome::Superseded => Ok(StepOutcome::Conflict),
        TouchOutcome::Gone => {
            session.found.mark_lost();
            Ok(StepOutcome::PlanAgain)
        }
    }
}

/// Sends the cookie alone: the record is right as it is, or there is none.
pub(super) fn send_cookie(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let (token, live) = match session.status() {
        SessionStatus::Live(live) => {
            let token = live.token(live.current_secret().clone());
            (token, Some(live.clone()))
        }
        SessionStatus::WithoutRecord(cookie) if plan.token == TokenStep::Keep => {
            (cookie.token.clone(), None)
        }
        SessionStatus::WithoutRecord(cookie) if plan.token == TokenStep::Renew => {
            let (id, secret) = (cookie.token.id, Secret::generate()?);
            (SessionToken { id, secret }, None)
        }
        _ => (SessionToken::generate(plan.now)?, None),
    };
    let record = live.as_ref().map(|live| &*live.record);
    let cookie = cookie::payload(session, token, plan, record)?;
    send(session, live, cookie);
    Ok(StepOutcome::Done)
}

/// Goes on with the session, whose cookie waits to be sent.
fn send(session: &mut Inner, live: Option<LiveSession>, cookie: CookiePayload) {
    session.found.adopt(match live {
        None => SessionStatus::WithoutRecord(cookie),
        Some(live) => SessionStatus::Live(LiveSession {
            cookie,
            matched: MatchedSecret::Current,
            ..live
        }),
    });
    session.progress.cookie = CookieProgress::Confirmed;
    session.clear_pending();
}
