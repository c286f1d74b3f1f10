use std::sync::OnceLock;

use time::UtcDateTime;

use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::stamp::{Stamp, StampHash};
use crate::state::changes::Changes;
use crate::state::flash::StoredFlash;
use crate::store::{Label, Lifetime, SessionRecord};
use crate::token::SessionId;

/// The changes that wait for a commit, except those of the server-side state. They are kept beside
/// that state.
#[derive(Default)]
pub(crate) struct Pending {
    client: Changes,
    pub(crate) renew: bool,
    pub(crate) log_in: Option<Box<PendingLogIn>>,
    /// True if a log-in was dropped and is forgotten.
    dropped_log_in: bool,
    /// The flash messages that the handler read, to be removed once their page is sent.
    pub(crate) flashes_shown: Vec<StoredFlash>,
}

pub(crate) struct PendingLogIn {
    pub(crate) principal: Principal,
    /// The time of the proof. The session may have a later one of the same principal.
    pub(crate) authenticated_at: UtcDateTime,
    pub(crate) label: Option<Label>,
    pub(crate) stamp: Option<Stamp>,
    /// The session at an identity provider in which it began, if it began in one.
    pub(crate) origin: Option<OriginHash>,
    /// The lifetime that it chose, if it chose one.
    pub(crate) lifetime: Option<Lifetime>,
    /// True if the principal has one more session afterwards; a re-authentication adds none.
    pub(crate) counts_towards_limit: bool,
    /// Set once its stamp turned out to be another one than the present.
    pub(crate) is_over: OnceLock<()>,
}

impl Pending {
    pub(crate) fn has_changes(&self) -> bool {
        !self.client().is_empty() || self.renew || self.log_in().is_some()
    }

    /// The log-in that waits for a commit, unless its credentials have changed meanwhile.
    pub(crate) fn log_in(&self) -> Option<&PendingLogIn> {
        let log_in = self.log_in.as_deref();
        log_in.filter(|log_in| log_in.is_over.get().is_none())
    }

    /// The changes of the client-side state, without those for a log-in that was dropped.
    pub(crate) fn client(&self) -> &Changes {
        static NONE: Changes = Changes::NONE;
        match self.drops_log_in() {
            true => &NONE,
            false => &self.client,
        }
    }

    pub(crate) fn client_mut(&mut self) -> &mut Changes {
        self.forget_dropped_log_in();
        &mut self.client
    }

    /// Returns `true` if a log-in was dropped, with the changes so far. Later ones are not for it.
    pub(crate) fn drops_log_in(&self) -> bool {
        self.log_in.is_some() && self.log_in().is_none()
    }

    /// Returns `true` if the record is that of a log-in that was dropped.
    pub(crate) fn has_dropped(&self, record: &SessionRecord) -> bool {
        let has_dropped = self.dropped_log_in || self.drops_log_in();
        has_dropped && self.log_in().is_none_or(|log_in| !log_in.is_in(record))
    }

    /// Forgets the changes for a log-in that was dropped, before others are made.
    pub(crate) fn forget_dropped_log_in(&mut self) {
        if self.drops_log_in() {
            self.client = Changes::default();
            self.log_in = None;
            self.dropped_log_in = true;
        }
    }

    /// Forgets the changes, once they are committed or given up.
    pub(crate) fn clear(&mut self) {
        if !self.client.is_empty() {
            self.client = Changes::default();
        }
        self.renew = false;
        self.log_in = None;
        self.dropped_log_in = false;
    }
}

impl PendingLogIn {
    /// Returns the hash of the stamp for the session `id`.
    pub(crate) fn stamp_for(&self, id: SessionId) -> Option<StampHash> {
        self.stamp.as_ref().map(|stamp| stamp.hash(id))
    }

    pub(crate) fn has_stamp(&self, bytes: &[u8]) -> bool {
        let stamp = self.stamp.as_ref();
        stamp.is_some_and(|stamp| stamp.matches(bytes))
    }

    /// Returns the time of the latest proof after the log-in, in the session with that record.
    pub(crate) fn proof_after(&self, record: Option<&SessionRecord>) -> UtcDateTime {
        let of_principal =
            |record: &&SessionRecord| record.principal.as_ref() == Some(&self.principal);
        let record = record.filter(of_principal);
        let earlier = record.and_then(|record| record.authenticated_at);
        earlier.map_or(self.authenticated_at, |at| at.max(self.authenticated_at))
    }

    /// Returns the lifetime of the session with that record after the log-in.
    pub(crate) fn lifetime_after(&self, record: Option<&SessionRecord>) -> Lifetime {
        let before = record.map_or(Lifetime::Ordinary, |record| record.lifetime);
        self.lifetime.unwrap_or(before)
    }

    /// Returns `true` if the record is of the same principal, with the same credentials.
    pub(crate) fn may_join(&self, record: &SessionRecord) -> bool {
        record.principal.as_ref() == Some(&self.principal)
            && record.stamp == self.stamp_for(record.id)
    }

    /// Returns `true` if the record is the result of this log-in.
    pub(crate) fn is_in(&self, record: &SessionRecord) -> bool {
        record.authenticated_at == Some(self.proof_after(Some(record)))
            && record.principal.as_ref() == Some(&self.principal)
            && record.stamp == self.stamp_for(record.id)
            && (self.origin.is_none() || record.origin == self.origin)
            && (self.label.is_none() || record.label == self.label)
            && record.lifetime == self.lifetime_after(Some(record))
    }
}
