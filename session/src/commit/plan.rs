//! What to do at the end of a request: a pure function of what happened during it.

use time::UtcDateTime;

use crate::clock;
use crate::config::{Activity, RecordCreation, SessionPolicy};

/// All that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    pub(crate) now: UtcDateTime,
    pub(crate) subject: Subject,
    pub(crate) intent: Intent,
    pub(crate) server_state: Content,
    pub(crate) client_state: Content,
    /// Whether the store keeps records at all.
    pub(crate) cookie_only: bool,
    /// Whether the response is a server error.
    pub(crate) server_error: bool,
}

/// Which session the request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// None: no cookie, or one whose session has ended.
    Nobody,
    /// The cookie's secret was replaced a moment ago: the request was under way at that time.
    Superseded,
    /// It ended, or got a new secret, after this request had loaded it.
    Lost,
    /// A session without a record.
    Recordless(Cookie),
    /// A session whose record has not been loaded.
    Unloaded(Cookie),
    /// A session whose record has been loaded.
    Live(Live),
}

/// What the cookie tells of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) created_at: UtcDateTime,
    pub(crate) expires_at: UtcDateTime,
    /// Whether the deadline is that of the absolute timeout.
    pub(crate) is_final: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) cookie: Cookie,
    /// Where the absolute timeout counts from.
    pub(crate) begins_at: UtcDateTime,
    pub(crate) expires_at: UtcDateTime,
    pub(crate) secret_issued_at: UtcDateTime,
    /// Whether the cookie carries the secret before the last renewal.
    pub(crate) previous_secret: bool,
}

/// What the handler asked for, besides changes to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Keep,
    Renew,
    /// A principal proved their identity at that time.
    LogIn(UtcDateTime),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) changed: bool,
    /// Whether nothing is in it, after the changes.
    pub(crate) empty: bool,
}

impl Content {
    pub(crate) const NONE: Self = Self {
        changed: false,
        empty: true,
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) store: StoreStep,
    pub(crate) token: TokenStep,
    pub(crate) cookie: CookieStep,
    /// When it was decided.
    pub(crate) now: UtcDateTime,
    /// The deadline afterwards, of the record and of the cookie.
    pub(crate) expires_at: UtcDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreStep {
    Nothing,
    /// Nothing can be decided before the record is known: load it, then plan again.
    Load,
    /// The deadline passed while the handler ran, but another request may have moved it: load the
    /// record again, then plan again.
    Reload,
    /// The session is not this request's any more: its changes are dropped.
    Discard,
    /// The session is over, but somebody logged in: go on as if it had been before the request,
    /// then plan again.
    StartOver,
    /// The session goes on under a newer secret, and must not be said to have ended.
    Refuse,
    Create,
    Replace,
    Touch,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStep {
    Keep,
    /// A new session: a new id, a new secret.
    Fresh,
    /// A new secret; the old one is dead at once.
    Renew,
    /// A new secret; the old one is accepted for the grace period.
    RenewWithGrace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieStep {
    Nothing,
    Set,
    Remove,
}

pub(crate) fn plan(situation: &Situation, policy: &SessionPolicy) -> Plan {
    let s = situation;
    if s.intent == Intent::End {
        return end(s);
    }
    if s.server_error && !policy.state().save_on_server_error {
        return s.nothing();
    }
    if s.subject
        .deadline()
        .is_some_and(|deadline| deadline <= s.now)
    {
        return expired_meanwhile(s);
    }
    match s.subject {
        Subject::Nobody => start(s, policy),
        Subject::Superseded | Subject::Lost if s.logs_in() => s.step(StoreStep::StartOver),
        Subject::Superseded if s.intent == Intent::Renew => start(s, policy),
        Subject::Superseded | Subject::Lost if s.wants_something() => s.step(StoreStep::Discard),
        Subject::Superseded | Subject::Lost => s.nothing(),
        Subject::Recordless(cookie) => go_on_without_record(s, cookie, policy),
        Subject::Unloaded(cookie) => look_up(s, cookie, policy),
        Subject::Live(live) => go_on(s, &live, policy),
    }
}

fn end(s: &Situation) -> Plan {
    let store = match s.subject {
        Subject::Unloaded(_) => return s.step(StoreStep::Load),
        Subject::Superseded => return s.step(StoreStep::Refuse),
        Subject::Live(_) => StoreStep::Delete,
        _ => StoreStep::Nothing,
    };
    Plan {
        cookie: CookieStep::Remove,
        ..s.step(store)
    }
}

/// A session whose deadline passes while the handler runs is lost like one that is ended.
fn expired_meanwhile(s: &Situation) -> Plan {
    match s.subject {
        _ if !s.wants_something() => s.nothing(),
        Subject::Recordless(_) if s.logs_in() => s.step(StoreStep::StartOver),
        Subject::Recordless(_) => s.step(StoreStep::Discard),
        _ => s.step(StoreStep::Reload),
    }
}

/// A new session, if there is something to keep in it.
fn start(s: &Situation, policy: &SessionPolicy) -> Plan {
    if s.is_empty() {
        return s.nothing();
    }
    let store = match s.wants_record(policy) {
        true => StoreStep::Create,
        false => StoreStep::Nothing,
    };
    let begins_at = match s.intent {
        Intent::LogIn(authenticated_at) => authenticated_at,
        _ => s.now,
    };
    Plan {
        store,
        token: TokenStep::Fresh,
        cookie: CookieStep::Set,
        now: s.now,
        expires_at: policy.deadline(begins_at, s.now),
    }
}

fn go_on_without_record(s: &Situation, cookie: Cookie, policy: &SessionPolicy) -> Plan {
    let changed = s.wants_something();
    if changed && s.wants_record(policy) && !s.is_empty() {
        return start(s, policy);
    }
    let renew = s.intent == Intent::Renew;
    let extend = s.is_active(changed, policy) && policy.extension_is_due(cookie.expires_at, s.now);
    let expires_at = match extend || renew {
        true => cookie
            .expires_at
            .max(policy.deadline(cookie.created_at, s.now)),
        false => cookie.expires_at,
    };
    if !changed && expires_at == cookie.expires_at {
        return s.nothing();
    }
    Plan {
        token: if renew {
            TokenStep::Renew
        } else {
            TokenStep::Keep
        },
        cookie: CookieStep::Set,
        expires_at,
        ..s.nothing()
    }
}

/// The record matters only if something is to be written, or the deadline is to be moved.
fn look_up(s: &Situation, cookie: Cookie, policy: &SessionPolicy) -> Plan {
    let due = policy.state().activity == Activity::AnyRequest
        && policy.extension_is_due(cookie.expires_at, s.now)
        && !cookie.is_final;
    match s.wants_something() || due {
        true => s.step(StoreStep::Load),
        false => s.nothing(),
    }
}

fn go_on(s: &Situation, live: &Live, policy: &SessionPolicy) -> Plan {
    let expires_at = extended(s, live, policy);
    let token = match s.intent {
        Intent::Renew | Intent::LogIn(_) => TokenStep::Renew,
        _ if renewal_is_due(s, live, policy) => TokenStep::RenewWithGrace,
        _ => TokenStep::Keep,
    };
    let store = if s.server_state.changed || token != TokenStep::Keep {
        StoreStep::Replace
    } else if expires_at > live.expires_at {
        StoreStep::Touch
    } else {
        StoreStep::Nothing
    };
    let send = token != TokenStep::Keep
        || s.client_state.changed
        || live.previous_secret
        || (expires_at > live.cookie.expires_at && extension_is_due(s, live, policy));
    Plan {
        store,
        token,
        cookie: if send {
            CookieStep::Set
        } else {
            CookieStep::Nothing
        },
        now: s.now,
        expires_at,
    }
}

/// The deadline after this request. Another request may have moved it already: then it stays.
fn extended(s: &Situation, live: &Live, policy: &SessionPolicy) -> UtcDateTime {
    if let Intent::LogIn(authenticated_at) = s.intent {
        return policy.deadline(authenticated_at, s.now);
    }
    let already = !policy.extension_is_due(live.expires_at, s.now);
    if already || !extension_is_due(s, live, policy) {
        return live.expires_at;
    }
    live.expires_at.max(policy.deadline(live.begins_at, s.now))
}

fn extension_is_due(s: &Situation, live: &Live, policy: &SessionPolicy) -> bool {
    s.is_active(s.wants_something(), policy)
        && policy.extension_is_due(live.cookie.expires_at, s.now)
}

fn renewal_is_due(s: &Situation, live: &Live, policy: &SessionPolicy) -> bool {
    let every = policy.state().renew_every;
    let due = every.is_some_and(|every| s.now >= clock::after(live.secret_issued_at, every));
    // The holder of the previous secret only collects the current one.
    due && !live.previous_secret
}

impl Subject {
    /// The deadline of the session, as far as this request knows it.
    fn deadline(&self) -> Option<UtcDateTime> {
        match self {
            Self::Live(live) => Some(live.expires_at),
            Self::Recordless(cookie) | Self::Unloaded(cookie) => Some(cookie.expires_at),
            Self::Nobody | Self::Superseded | Self::Lost => None,
        }
    }
}

impl Situation {
    fn nothing(&self) -> Plan {
        self.step(StoreStep::Nothing)
    }

    fn step(&self, store: StoreStep) -> Plan {
        Plan {
            store,
            token: TokenStep::Keep,
            cookie: CookieStep::Nothing,
            now: self.now,
            expires_at: self.now,
        }
    }

    fn wants_something(&self) -> bool {
        self.server_state.changed || self.client_state.changed || self.intent != Intent::Keep
    }

    fn logs_in(&self) -> bool {
        matches!(self.intent, Intent::LogIn(_))
    }

    /// Whether a session would hold nothing worth keeping.
    fn is_empty(&self) -> bool {
        self.server_state.empty && self.client_state.empty && !self.logs_in()
    }

    fn wants_record(&self, policy: &SessionPolicy) -> bool {
        let always = policy.state().record == RecordCreation::Always && !self.cookie_only;
        always || !self.server_state.empty || self.logs_in()
    }

    fn is_active(&self, changed: bool, policy: &SessionPolicy) -> bool {
        match policy.state().activity {
            Activity::AnyRequest | Activity::LoadsAndChanges => true,
            Activity::Changes => changed,
        }
    }
}

#[cfg(test)]
mod tests;
