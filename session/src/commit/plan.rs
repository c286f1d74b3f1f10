//! The decision about the end of a request: a pure function of the events during it.

use time::UtcDateTime;

use super::intent::{Intent, LogInIntent, StateSummary};
use crate::clock;
use crate::config::{Activity, RecordCreation, SessionPolicy};
use crate::cookie::payload::CookiePayload;
use crate::session::status::{LiveSession, SessionStatus};
use crate::store::SessionRecord;

/// Everything that the decision depends on.
#[derive(Clone, Copy)]
pub(crate) struct PlanInput<'a> {
    pub(crate) policy: &'a SessionPolicy,
    pub(crate) now: UtcDateTime,
    pub(crate) status: &'a SessionStatus,
    pub(crate) intent: Intent,
    /// True if the request moves no deadline.
    pub(crate) passive: bool,
    pub(crate) server_state: StateSummary,
    pub(crate) client_state: StateSummary,
    /// True if the store keeps no records at all.
    pub(crate) cookie_only: bool,
    /// True if the response is a server error.
    pub(crate) server_error: bool,
    /// True if an earlier commit has left a cookie to be sent.
    pub(crate) cookie_due: bool,
    /// True if the record was loaded in this commit, so that its secret is known to be valid.
    pub(crate) confirmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) store: StoreStep,
    pub(crate) token: TokenStep,
    /// True if the response sets the cookie.
    pub(crate) sets_cookie: bool,
    /// The time of the decision.
    pub(crate) now: UtcDateTime,
    /// The deadline afterwards, of the record and of the cookie.
    pub(crate) expires_at: UtcDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreStep {
    Nothing,
    /// Load the record, without which nothing can be decided; then plan again.
    Load,
    /// Load the record again, then plan again: its deadline passed while the handler ran, but
    /// another request may have moved it.
    Reload,
    /// Load the record again, then plan again: a cookie is to be sent, and nothing is to be
    /// written that would fail if its secret is not valid any more.
    Confirm,
    /// Drop the changes, because the session has ended or has a new secret.
    Discard,
    /// Move a log-in into a new session, because the session that it found has ended; then plan
    /// again.
    RestartAsNew,
    Create,
    Replace,
    Touch,
}

impl StoreStep {
    /// Returns `true` if the step finds out whether the secret of the session is still valid.
    pub(crate) fn loads(self) -> bool {
        matches!(self, Self::Load | Self::Reload | Self::Confirm)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStep {
    Keep,
    /// A new session: a new id, a new secret.
    New,
    /// A new secret; the old one is dead at once.
    Renew,
    /// A new secret; the old one is accepted for the grace period.
    RenewWithGrace,
}

/// Plans the next step of a commit.
pub(crate) fn plan(input: &PlanInput<'_>) -> Plan {
    if input.has_expired_meanwhile() {
        return after_expiry(input);
    }
    if input.discards_changes() {
        return after_server_error(input);
    }
    match input.status {
        SessionStatus::NoSession | SessionStatus::DeadCookie { .. } => start(input),
        SessionStatus::Superseded(_) | SessionStatus::Lost(_) => after_loss(input),
        SessionStatus::WithoutRecord(cookie) => go_on_without_record(input, cookie),
        SessionStatus::Unloaded(cookie) => go_on_unloaded(input, cookie),
        SessionStatus::Live(live) => go_on(input, live),
    }
}

/// Plans for a response that keeps no changes. It still sends the cookie of an earlier commit.
fn after_server_error(input: &PlanInput<'_>) -> Plan {
    match input.status {
        SessionStatus::Live(live) if input.cookie_due => Plan {
            store: input.unless_confirmed(),
            sets_cookie: true,
            expires_at: live.record.expires_at,
            ..input.nothing()
        },
        _ => input.nothing(),
    }
}

/// Plans for a session whose deadline passed while the handler ran. It is lost like one that ended.
fn after_expiry(input: &PlanInput<'_>) -> Plan {
    let has_record = !matches!(input.status, SessionStatus::WithoutRecord(_));
    let discards = input.discards_changes();
    match (input.wants_something() || input.cookie_due) && !discards {
        true if has_record => input.step(StoreStep::Reload),
        true => after_loss(input),
        false => input.nothing(),
    }
}

/// Plans for a session that has ended. Its end wins over changes to it, but not over a log-in.
fn after_loss(input: &PlanInput<'_>) -> Plan {
    match input.intent {
        Intent::LogIn(_) => input.step(StoreStep::RestartAsNew),
        _ if input.wants_something() => input.step(StoreStep::Discard),
        _ => input.nothing(),
    }
}

/// Plans a new session, if there is something to keep in it.
fn start(input: &PlanInput<'_>) -> Plan {
    if input.is_empty() {
        return input.nothing();
    }
    let anonymous = input.policy.timeouts_of_anonymous();
    Plan {
        store: match input.wants_record() {
            true => StoreStep::Create,
            false => StoreStep::Nothing,
        },
        token: TokenStep::New,
        sets_cookie: true,
        now: input.now,
        expires_at: match input.intent {
            Intent::LogIn(log_in) => input.after_log_in(log_in),
            _ => anonymous.deadline(input.now, input.now),
        },
    }
}

fn go_on_without_record(input: &PlanInput<'_>, cookie: &CookiePayload) -> Plan {
    let changed = input.wants_something();
    if changed && input.wants_record() && !input.is_empty() {
        return start(input);
    }
    let renews = input.intent == Intent::Renew;
    let mut expires_at = cookie.expires_at;
    if (renews && !input.passive) || input.extension_is_due(cookie) {
        let created_at = cookie.token.id.created_at();
        let timeouts = input.policy.timeouts_of_anonymous();
        expires_at = timeouts.deadline(created_at, input.now);
    }
    if !changed && expires_at == cookie.expires_at && !cookie.has_old_key {
        return input.nothing();
    }
    Plan {
        token: match renews {
            true => TokenStep::Renew,
            false => TokenStep::Keep,
        },
        sets_cookie: true,
        expires_at,
        ..input.nothing()
    }
}

/// Plans to load the record if something is to be written, or the deadline is to be moved.
fn go_on_unloaded(input: &PlanInput<'_>, cookie: &CookiePayload) -> Plan {
    let extends = input.extension_is_due(cookie) && !cookie.at_absolute_limit;
    match input.wants_something() || extends {
        true => input.step(StoreStep::Load),
        false => input.nothing(),
    }
}

fn go_on(input: &PlanInput<'_>, live: &LiveSession) -> Plan {
    let token = token_step(input, live);
    let renews = token != TokenStep::Keep;
    let replaces = renews || input.logs_in() || input.server_state.changed;
    let extends = input.extension_is_due(&live.cookie);
    let expires_at = match input.intent {
        Intent::LogIn(log_in) => input.after_log_in(log_in),
        _ if replaces && live.is_shortened() && !input.passive => deadline_from_now(input, live),
        _ if extends => extended(input, live),
        _ => live.record.expires_at,
    };
    let moves = extends || expires_at != live.record.expires_at;
    let sets_cookie = renews
        || input.cookie_due
        || input.client_state.changed
        || live.has_older_secret()
        || live.cookie.has_old_key
        || live.cookie.lifetime != live.record.lifetime
        || (moves && expires_at != live.cookie.expires_at);
    Plan {
        store: if replaces {
            StoreStep::Replace
        } else if expires_at > live.record.expires_at {
            match live.record.has_stale_secret(input.now) {
                true => StoreStep::Replace,
                false => StoreStep::Touch,
            }
        } else if sets_cookie {
            input.unless_confirmed()
        } else {
            StoreStep::Nothing
        },
        token,
        sets_cookie,
        now: input.now,
        expires_at,
    }
}

fn token_step(input: &PlanInput<'_>, live: &LiveSession) -> TokenStep {
    let due = |every| clock::between(live.record.secret_issued_at, input.now) >= every;
    match (input.intent, input.policy.state().renew_every) {
        // The log-in that it joins has replaced the secret.
        (Intent::LogIn(_), _) if live.is_joined() => TokenStep::Keep,
        (Intent::Renew | Intent::LogIn(_), _) => TokenStep::Renew,
        // The holder of the previous secret only collects the current one.
        (_, Some(every)) if due(every) && !live.has_older_secret() && !input.passive => {
            TokenStep::RenewWithGrace
        }
        _ => TokenStep::Keep,
    }
}

/// Returns the deadline after activity. If another request has moved it already, it stays.
fn extended(input: &PlanInput<'_>, live: &LiveSession) -> UtcDateTime {
    match input.is_due_in(&live.record) {
        true => deadline_from_now(input, live),
        false => live.record.expires_at,
    }
}

/// Returns the deadline that the session has if it is active now.
///
/// If the store keeps a later deadline, that of the record follows from its last activity. Each
/// write then moves it, and the cookie has to follow.
fn deadline_from_now(input: &PlanInput<'_>, live: &LiveSession) -> UtcDateTime {
    let record = &live.record;
    let timeouts = input.policy.timeouts_of(record);
    let deadline = timeouts.deadline(record.begins_at(), input.now);
    record.expires_at.max(deadline)
}

impl PlanInput<'_> {
    fn nothing(&self) -> Plan {
        self.step(StoreStep::Nothing)
    }

    fn step(&self, store: StoreStep) -> Plan {
        Plan {
            store,
            token: TokenStep::Keep,
            sets_cookie: false,
            now: self.now,
            expires_at: self.now,
        }
    }

    /// Returns the step that precedes a cookie without a write.
    fn unless_confirmed(&self) -> StoreStep {
        match self.confirmed {
            true => StoreStep::Nothing,
            false => StoreStep::Confirm,
        }
    }

    fn discards_changes(&self) -> bool {
        self.server_error && !self.policy.state().save_on_server_error
    }

    fn has_expired_meanwhile(&self) -> bool {
        let deadline = self.status.expires_at();
        deadline.is_some_and(|deadline| deadline <= self.now)
    }

    fn wants_something(&self) -> bool {
        self.server_state.changed || self.client_state.changed || self.intent != Intent::Keep
    }

    fn after_log_in(&self, log_in: LogInIntent) -> UtcDateTime {
        let timeouts = self.policy.timeouts_of_log_in(log_in.lifetime);
        timeouts.deadline(log_in.authenticated_at, self.now)
    }

    fn logs_in(&self) -> bool {
        matches!(self.intent, Intent::LogIn(_))
    }

    /// Returns `true` if a session would hold nothing worth keeping.
    fn is_empty(&self) -> bool {
        self.server_state.empty && self.client_state.empty && !self.logs_in()
    }

    fn wants_record(&self) -> bool {
        let always = self.policy.state().record == RecordCreation::Always && !self.cookie_only;
        always || !self.server_state.empty || self.logs_in()
    }

    /// Returns `true` if the request is activity that moves the deadline of its cookie or record.
    fn extension_is_due(&self, cookie: &CookiePayload) -> bool {
        let loaded = !matches!(self.status, SessionStatus::Unloaded(_));
        let is_activity = match self.policy.state().activity {
            _ if self.passive => false,
            Activity::AnyRequest => true,
            Activity::LoadsAndChanges => loaded || self.wants_something(),
            Activity::Changes => self.wants_something(),
        };
        let by_cookie = self.policy.timeouts_by(cookie);
        let is_due = by_cookie.extension_is_due(cookie.expires_at, self.now);
        // Mostly the same question, and the difference of two times has a cost.
        let differs = |record: &&SessionRecord| {
            record.expires_at != cookie.expires_at || self.policy.timeouts_of(record) != by_cookie
        };
        let record = self.status.record().filter(differs);
        is_activity && (is_due || record.is_some_and(|record| self.is_due_in(record)))
    }

    fn is_due_in(&self, record: &SessionRecord) -> bool {
        let timeouts = self.policy.timeouts_of(record);
        timeouts.extension_is_due(record.expires_at, self.now)
    }
}

#[cfg(test)]
mod tests;
