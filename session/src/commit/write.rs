//! The steps of a plan that write a record or send a cookie.

use std::sync::Arc;

use super::plan::{Plan, TokenStep};
use super::{cookie, records};
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::session::Inner;
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
}

pub(super) async fn create(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let token = SessionToken::generate(plan.now)?;
    let record = Arc::new(records::first_record(session, &token, plan)?);
    let payload = cookie::payload(session, token, plan, Some(&record))?;
    match session.env.store.create(record.clone()).await? {
        CreateOutcome::Created => {
            telemetry::created(record.id);
            set_cookie(session, &payload, plan);
            adopt(session, record, payload);
            Ok(StepOutcome::Done)
        }
        CreateOutcome::DuplicateId => {
            telemetry::duplicate_id(record.id);
            Ok(StepOutcome::PlanAgain)
        }
    }
}

pub(super) async fn replace(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let SessionStatus::Live(live) = session.status() else {
        return Ok(StepOutcome::Done);
    };
    let expected = live.record.revision;
    let (record, secret) = records::next_record(session, live, plan)?;
    let payload = match plan.sets_cookie {
        true => cookie::payload(session, live.token(secret), plan, Some(&record))?,
        false => live.cookie.clone(),
    };
    let record = Arc::new(record);
    session.progress.unconfirmed = Some(record.clone());
    let outcome = session.env.store.replace(record.clone(), expected).await?;
    session.progress.unconfirmed = None;
    match outcome {
        ReplaceOutcome::Replaced => {
            report_replaced(session, &record, plan);
            if plan.sets_cookie {
                set_cookie(session, &payload, plan);
            }
            adopt(session, record, payload);
            Ok(StepOutcome::Done)
        }
        ReplaceOutcome::Conflict => Ok(StepOutcome::Conflict),
        ReplaceOutcome::Gone => {
            session.mark_lost();
            Ok(StepOutcome::PlanAgain)
        }
    }
}

fn report_replaced(session: &Inner, record: &SessionRecord, plan: &Plan) {
    match plan.token {
        _ if session.pending.log_in.is_some() => {}
        TokenStep::Keep => telemetry::committed(record.id, record.revision.as_i64()),
        _ => telemetry::renewed(record.id),
    }
}

pub(super) async fn touch(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let SessionStatus::Live(live) = session.status() else {
        return Ok(StepOutcome::Done);
    };
    let extension = Extension {
        last_active_at: plan.now,
        expires_at: plan.expires_at,
    };
    let record = SessionRecord {
        last_active_at: extension.last_active_at,
        expires_at: extension.expires_at,
        ..(*live.record).clone()
    };
    let token = live.token(live.current_secret().clone());
    let payload = cookie::payload(session, token, plan, Some(&record))?;
    match session.env.store.touch(record.id, extension).await? {
        TouchOutcome::Touched => {
            telemetry::extended(record.id);
            set_cookie(session, &payload, plan);
            adopt(session, Arc::new(record), payload);
            Ok(StepOutcome::Done)
        }
        TouchOutcome::Gone => {
            session.mark_lost();
            Ok(StepOutcome::PlanAgain)
        }
    }
}

/// Sends the cookie alone: the record is right as it is, or there is none.
pub(super) fn send_cookie(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    let (token, record) = match session.status() {
        SessionStatus::Live(live) => {
            let token = live.token(live.current_secret().clone());
            (token, Some(live.record.clone()))
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
    let payload = cookie::payload(session, token, plan, record.as_deref())?;
    set_cookie(session, &payload, plan);
    match record {
        Some(record) => adopt(session, record, payload),
        None => session.adopt(SessionStatus::WithoutRecord(payload)),
    }
    Ok(StepOutcome::Done)
}

fn set_cookie(session: &mut Inner, payload: &CookiePayload, plan: &Plan) {
    session.progress.new_cookie = Some(cookie::new_cookie(payload, plan));
}

/// Goes on with the session as it was just committed.
fn adopt(session: &mut Inner, record: Arc<SessionRecord>, cookie: CookiePayload) {
    if let Some(log_in) = session.pending.log_in.take() {
        telemetry::logged_in(record.id);
        let limit = session
            .env
            .policy
            .config()
            .log_in
            .max_sessions_per_principal;
        if limit.is_some() && log_in.counts_towards_limit {
            session.progress.limit_check_due = Some(log_in.principal);
        }
    }
    session.adopt(SessionStatus::Live(LiveSession {
        cookie,
        record,
        matched: MatchedSecret::Current,
    }));
}
