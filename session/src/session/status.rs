use std::sync::Arc;

use time::UtcDateTime;

use crate::cookie::payload::CookiePayload;
use crate::store::SessionRecord;
use crate::token::{Secret, SessionId, SessionToken};

/// The relation of a request to its session.
#[derive(Clone, Debug)]
pub(crate) enum SessionStatus {
    /// The request has no session: it has no cookie, or one that cannot be used.
    NoSession,
    /// The request has no session, because that of its cookie has ended.
    DeadCookie {
        /// True if a later request may have a session with the cookie nevertheless.
        may_revive: bool,
    },
    /// The secret in the cookie was replaced a moment ago, so the request was already under way.
    Superseded(Superseded),
    /// The session ended, or got a new secret, after this request had loaded it.
    Lost(SessionId),
    /// The session has no record.
    WithoutRecord(CookiePayload),
    /// The session has a record that has not been loaded.
    Unloaded(CookiePayload),
    /// The cookie carries a valid secret of a session whose record has been loaded.
    Live(LiveSession),
}

/// A session that goes on under a newer secret.
#[derive(Clone, Debug)]
pub(crate) struct Superseded {
    pub(crate) id: SessionId,
    /// The session itself, if a log-in of its principal may join it.
    pub(crate) to_join: Option<Box<LiveSession>>,
}

#[derive(Clone, Debug)]
pub(crate) struct LiveSession {
    pub(crate) cookie: CookiePayload,
    pub(crate) record: Arc<SessionRecord>,
    /// The deadline in the store. That of `record` is earlier if a timeout was shortened since.
    pub(crate) stored_until: UtcDateTime,
    pub(crate) matched: MatchedSecret,
}

/// The one of the record's secrets that the cookie carries.
#[derive(Clone, Debug)]
pub(crate) enum MatchedSecret {
    Current,
    /// The secret before the last renewal on a timer, with which the current one was unsealed.
    Previous {
        current: Secret,
    },
    /// The secret before the last log-in. A second log-in of the principal has joined the session.
    BeforeLogIn {
        current: Secret,
    },
}

impl SessionStatus {
    /// The session of the cookie has ended, and no later request will have it.
    pub(crate) const DEAD: Self = Self::DeadCookie { may_revive: false };

    /// Returns `true` if the session has ended, and no later request will have it.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self, Self::DeadCookie { may_revive: false })
    }

    /// Returns `true` if the session has ended, and a later request may have it nevertheless.
    pub(super) fn may_revive(&self) -> bool {
        matches!(self, Self::DeadCookie { may_revive: true })
    }

    /// The cookie of a session that goes on.
    pub(crate) fn cookie(&self) -> Option<&CookiePayload> {
        match self {
            Self::WithoutRecord(cookie) | Self::Unloaded(cookie) => Some(cookie),
            Self::Live(live) => Some(&live.cookie),
            Self::NoSession | Self::DeadCookie { .. } | Self::Superseded(_) | Self::Lost(_) => None,
        }
    }

    pub(crate) fn record(&self) -> Option<&SessionRecord> {
        match self {
            Self::Live(live) => Some(&live.record),
            _ => None,
        }
    }

    /// The deadline of a session that goes on: of its record if that was loaded, else of its
    /// cookie.
    pub(crate) fn expires_at(&self) -> Option<UtcDateTime> {
        let cookie = || self.cookie().map(|cookie| cookie.expires_at);
        let record = self.record().map(|record| record.expires_at);
        record.or_else(cookie)
    }

    /// The session that the cookie names, even if it does not go on for this request.
    pub(crate) fn named_id(&self) -> Option<SessionId> {
        match self {
            Self::Superseded(superseded) => Some(superseded.id),
            Self::Lost(id) => Some(*id),
            _ => self.cookie().map(|cookie| cookie.token.id),
        }
    }
}

impl LiveSession {
    pub(crate) fn token(&self, secret: Secret) -> SessionToken {
        SessionToken {
            id: self.record.id,
            secret,
        }
    }

    /// The secret that the next cookie of the session carries.
    pub(crate) fn current_secret(&self) -> &Secret {
        match &self.matched {
            MatchedSecret::Current => &self.cookie.token.secret,
            MatchedSecret::Previous { current } | MatchedSecret::BeforeLogIn { current } => current,
        }
    }

    /// Returns `true` if the store keeps a later deadline than that of the record.
    pub(crate) fn is_shortened(&self) -> bool {
        self.record.expires_at < self.stored_until
    }

    /// Returns `true` if the cookie does not carry the current secret.
    pub(crate) fn has_older_secret(&self) -> bool {
        !matches!(self.matched, MatchedSecret::Current)
    }

    /// Returns `true` if a log-in of the request has joined the session.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self.matched, MatchedSecret::BeforeLogIn { .. })
    }

    /// Returns the session as one that the next log-in gets a secret of its own for, if an earlier
    /// log-in of the request has joined it.
    pub(crate) fn taken_over(&self) -> Option<Self> {
        let MatchedSecret::BeforeLogIn { current } = self.matched.clone() else {
            return None;
        };
        Some(Self {
            matched: MatchedSecret::Previous { current },
            ..self.clone()
        })
    }
}
