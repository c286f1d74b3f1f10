//! Carries out what [`plan`] decides, until nothing is left to do.

use std::time::Duration;

use pavex::http::{HeaderValue, StatusCode};
use pavex::request::RequestHead;
use time::UtcDateTime;

use super::intent::{Intent, StateSummary};
use super::plan::{Plan, PlanInput, StoreStep, plan};
use super::write::{self, StepOutcome};
use super::{cookie, due, end, limit, page};
use crate::config::{Activity, DiscardedChanges};
use crate::errors::SessionError;
use crate::session::lookup::look_up;
use crate::session::progress::CookieProgress;
use crate::session::status::SessionStatus;
use crate::session::{Inner, Session};
use crate::{random, telemetry};

/// Each attempt fails only because another request succeeded.
const MAX_ATTEMPTS: u32 = 128;
/// The number of attempts that follow each other at once; later ones wait.
const EAGER_ATTEMPTS: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const MAX_PAUSE: Duration = Duration::from_millis(64);

/// The session's part of the response.
#[derive(Default)]
pub(super) struct Finalized {
    /// The value of the `Set-Cookie` header.
    pub(super) cookie: Option<HeaderValue>,
    /// The value of the `Clear-Site-Data` header.
    pub(super) clear_site_data: Option<HeaderValue>,
    pub(super) consulted: bool,
}

impl Session {
    /// Writes all changes now, instead of after the handler.
    ///
    /// The written changes stay, even if the response is a server error. The cookie is sent with
    /// the response.
    ///
    /// # Errors
    ///
    /// If the commit fails, the changes stay pending unless they were dropped, and the end of the
    /// request tries again. The commit returns
    ///
    /// - [`SessionError::Store`] if the store fails;
    /// - [`SessionError::Discarded`] if the changes were dropped, because the session ended or got
    ///   a new secret meanwhile;
    /// - [`SessionError::NotEnded`] if the session was ended with a token that has been replaced,
    ///   or if a session cookie of the request was not read;
    /// - [`SessionError::ProofTooOld`] if the proof of a log-in has become older than the absolute
    ///   timeout since the call;
    /// - [`SessionError::TooManySessions`] if a log-in is refused at the limit of sessions;
    /// - [`SessionError::UpdateRefused`] if an update refuses the value that another request left;
    /// - [`SessionError::StateTooLarge`] or [`SessionError::ClientStateTooLarge`] if the merged
    ///   state is too large;
    /// - [`SessionError::Contention`] if other requests committed first, too many times in a row.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.update("attempts", |n: Option<u32>| n.unwrap_or(0) + 1).await?;
    /// session.commit().await?;
    /// # Ok(()) });
    /// ```
    pub async fn commit(&mut self) -> Result<(), SessionError> {
        self.inner().undo_failed_take();
        self.commit_now().await
    }

    pub(crate) async fn commit_now(&mut self) -> Result<(), SessionError> {
        let commit = Commit {
            server_error: false,
            fails_on_discard: true,
        };
        commit_pending(self.inner(), commit).await
    }

    /// Commits the remaining changes at the end of the request.
    pub(super) async fn finalize(
        &mut self,
        head: &RequestHead,
        status: StatusCode,
    ) -> Result<Finalized, SessionError> {
        let consulted = self.inner().progress.was_consulted();
        if !consulted && self.inner().env.policy.state().activity != Activity::AnyRequest {
            return Ok(Finalized::default());
        }
        self.inner().undo_failed_take();
        let outcome = self.finish(head, status).await;
        let session = self.inner();
        session.clear_pending();
        session.progress.ending = None;
        outcome?;
        Ok(Finalized {
            cookie: cookie::outgoing(session, consulted.then_some(head))?,
            clear_site_data: cookie::clear_site_data(session),
            consulted,
        })
    }

    async fn finish(&mut self, head: &RequestHead, status: StatusCode) -> Result<(), SessionError> {
        if due::has_only_read(self.inner()) {
            return Ok(());
        }
        let commit = Commit {
            server_error: status.is_server_error(),
            fails_on_discard: self.fails_on_discard(),
        };
        let has_shown = !self.inner().pending.flashes_shown.is_empty();
        if has_shown && page::is_seen(head, status) {
            Box::pin(self.remove_shown_flashes()).await?;
        }
        let session = self.inner();
        if session.status().record().is_some() {
            // The handler went on after its commit, and so did other requests.
            session.progress.require_confirmation();
        }
        commit_pending(session, commit).await?;
        match session.progress.cookie {
            CookieProgress::Due => commit_loop(session, commit).await,
            _ => Ok(()),
        }
    }

    /// Returns `true` if the request must not succeed without the changes of its handler.
    fn fails_on_discard(&mut self) -> bool {
        let session = self.inner();
        let policy = session.env.policy.state();
        policy.discarded_changes == DiscardedChanges::Conflict && session.changes_state()
    }
}

/// The circumstances of a commit.
#[derive(Clone, Copy)]
struct Commit {
    /// True if the response is a server error.
    server_error: bool,
    /// True if dropped changes are an error.
    fails_on_discard: bool,
}

async fn commit_pending(session: &mut Inner, commit: Commit) -> Result<(), SessionError> {
    end::delete_ended(session).await?;
    if session.progress.log_in_refused {
        // Its session may be gone, so changes to it would be dropped for another reason.
        return Box::pin(limit::enforce_session_limit(session)).await;
    }
    let cookie_due = session.progress.cookie == CookieProgress::Due;
    let has_changes = session.has_changes() || cookie_due;
    match commit_loop(session, commit).await {
        Ok(()) if session.progress.limit_check_due.is_some() => {
            Box::pin(limit::enforce_session_limit(session)).await?;
            // The check may have ended this very session, as may another log-in's.
            session.progress.require_confirmation();
            Ok(())
        }
        // Nothing of the visitor's is lost: the deadline is extended another time.
        Err(error) if !has_changes => {
            telemetry::not_extended(&error);
            Ok(())
        }
        outcome => outcome,
    }
}

async fn commit_loop(session: &mut Inner, commit: Commit) -> Result<(), SessionError> {
    prepare(session, commit).await?;
    let mut step = CommitStep {
        commit,
        // Not later than the operation that confirms a cookie.
        now: session.env.now(),
        confirmed: false,
    };
    for attempt in 1..=MAX_ATTEMPTS {
        let plan = plan(&plan_input(session, step));
        match carry_out(session, &plan).await? {
            StepOutcome::Discarded if commit.fails_on_discard => {
                return Err(SessionError::Discarded);
            }
            StepOutcome::Done | StepOutcome::Discarded => return Ok(()),
            StepOutcome::PlanAgain => step.follow(plan.store, || session.env.now()),
            StepOutcome::Conflict => {
                if let Some(id) = session.status().named_id() {
                    telemetry::conflict(id, attempt);
                }
                pause(attempt).await;
                step.now = session.env.now();
                reload(session).await?;
                step.confirmed = true;
            }
        }
    }
    Err(SessionError::Contention {
        attempts: MAX_ATTEMPTS,
    })
}

/// Settles what an earlier commit has left, and drops the changes of a failed response.
async fn prepare(session: &mut Inner, commit: Commit) -> Result<(), SessionError> {
    let discards = commit.server_error && !session.env.policy.state().save_on_server_error;
    if session.progress.sent.is_some() {
        match Box::pin(session.settle_unconfirmed()).await {
            // Nothing is to be written any more, and nothing of that write is to be sent.
            Err(_) if discards => session.progress.sent = None,
            outcome => outcome?,
        }
    }
    if discards {
        // The cookie of an earlier commit carries none of the later changes.
        session.clear_pending();
    }
    // An earlier commit may have failed as the log-in joined another one.
    session.join()
}

/// The part of the input of a plan that does not come from the session.
#[derive(Clone, Copy)]
struct CommitStep {
    commit: Commit,
    now: UtcDateTime,
    confirmed: bool,
}

impl CommitStep {
    /// Notes a step.
    fn follow(&mut self, done: StoreStep, now: impl FnOnce() -> UtcDateTime) {
        self.confirmed |= done.loads();
        match done {
            // The log-in that starts over is later than the one that ended its session.
            StoreStep::RestartAsNew => self.now = now(),
            // If the clock was set back, the deadline that had passed has not passed any more.
            StoreStep::Reload => self.now = self.now.min(now()),
            _ => {}
        }
    }
}

fn plan_input(session: &Inner, step: CommitStep) -> PlanInput<'_> {
    let server_state = session.found.state();
    PlanInput {
        policy: &session.env.policy,
        now: step.now,
        status: session.status(),
        intent: Intent::of(session),
        passive: session.is_passive(),
        server_state: StateSummary {
            changed: server_state.is_some_and(|state| state.is_changed()),
            empty: server_state.is_none_or(|state| state.view().is_empty()),
        },
        client_state: StateSummary {
            changed: !session.pending.client().is_empty(),
            empty: session.client_state_is_empty(),
        },
        cookie_only: session.env.store.is_cookie_only(),
        server_error: step.commit.server_error,
        cookie_due: session.progress.cookie == CookieProgress::Due,
        confirmed: step.confirmed,
    }
}

async fn carry_out(session: &mut Inner, plan: &Plan) -> Result<StepOutcome, SessionError> {
    match plan.store {
        StoreStep::Nothing if plan.sets_cookie => return write::send_cookie(session, plan),
        StoreStep::Nothing => return Ok(StepOutcome::Done),
        StoreStep::Create => return write::create(session, plan).await,
        StoreStep::Replace => return write::replace(session, plan).await,
        StoreStep::Touch => return write::touch(session, plan).await,
        StoreStep::Discard => return Ok(discard(session)),
        StoreStep::Load => session.load().await.map(|_| ())?,
        StoreStep::Reload | StoreStep::Confirm => reload(session).await?,
        StoreStep::RestartAsNew => restart_as_new(session)?,
    }
    Ok(StepOutcome::PlanAgain)
}

/// Loads the session again, and repeats the changes on it.
async fn reload(session: &mut Inner) -> Result<(), SessionError> {
    let env = &session.env;
    let Some(cookie) = session.found.status(env).cookie() else {
        return Ok(());
    };
    let reloaded = look_up(env, cookie, env.now()).await?;
    match reloaded.status {
        SessionStatus::Live(_) => {
            let max_size = env.policy.state().max_size;
            session.found.rebase(reloaded, max_size)
        }
        SessionStatus::Superseded(_) => {
            session.found.adopt(reloaded.status);
            session.join()
        }
        _ => {
            session.found.mark_lost();
            Ok(())
        }
    }
}

/// Drops the changes to a session that has ended meanwhile.
fn discard(session: &mut Inner) -> StepOutcome {
    report_discarded(session);
    let outcome = match session.changes_state() {
        true => StepOutcome::Discarded,
        // A renewal alone has served its purpose: the old secret is dead.
        false => StepOutcome::Done,
    };
    session.found.discard_state();
    session.clear_pending();
    outcome
}

/// Moves the changes to a session that has ended meanwhile into a new one.
fn restart_as_new(session: &mut Inner) -> Result<(), SessionError> {
    report_discarded(session);
    if let Some(log_in) = &mut session.pending.log_in {
        log_in.counts_towards_limit = true;
    }
    let max_size = session.env.policy.state().max_size;
    session.found.restart_as_new(max_size)
}

fn report_discarded(session: &Inner) {
    if let Some(id) = session.status().named_id() {
        telemetry::discarded(id);
    }
}

/// Waits for a random time, longer from attempt to attempt, so that rivals spread out.
async fn pause(attempt: u32) {
    if attempt > EAGER_ATTEMPTS {
        let later = attempt - EAGER_ATTEMPTS;
        tokio::time::sleep(random::retry_pause(later, FIRST_PAUSE, MAX_PAUSE)).await;
    }
}

#[cfg(test)]
mod tests;
