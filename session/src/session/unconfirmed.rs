use std::sync::Arc;

use super::Inner;
use super::env::Env;
use super::progress::{CookieProgress, SentWrite};
use crate::errors::SessionError;
use crate::store::{ReplaceOutcome, Revision, SessionRecord, StoreError, StoreErrorKind};
use crate::telemetry;

/// One more than a store needs that keeps the contract: whatever the conflict was, the record is
/// another one afterwards.
const MAX_ATTEMPTS: u32 = 3;

impl Inner {
    /// Finds out whether a write with a lost answer took effect.
    ///
    /// It is done before the next change and the next commit, so that a write that took effect is
    /// not repeated, and changes made after it do not count as a part of it. Another request may
    /// have moved the deadline since, which leaves revision and secret as they are.
    pub(crate) async fn settle_unconfirmed(&mut self) -> Result<(), SessionError> {
        let Some(sent) = &mut self.progress.sent else {
            return Ok(());
        };
        let stored = match settled(&self.env, sent).await? {
            Settled::Stored(stored) => stored,
            Settled::Prevented(revision) => {
                let expected = sent.expected;
                self.found.note_revision(expected, revision);
                None
            }
        };
        let is_ours = |stored: &Arc<SessionRecord>| {
            stored.revision == sent.record.revision && stored.secret == sent.record.secret
        };
        match stored.filter(is_ours) {
            Some(late) if sent.logs_in && self.pending.has_dropped(&late) => {
                // It took effect after `verify_stamp` had looked for it.
                if self.env.store.delete(late.id, Some(late.secret)).await? {
                    telemetry::stamp_mismatch(late.id);
                }
                self.progress.sent = None;
                self.found.discard_state();
                self.found.adopt(self.found.without_latest());
            }
            Some(stored) => {
                sent.stored_until = stored.expires_at;
                sent.record = self.env.policy.with_current_deadline(stored);
                self.confirm_sent();
            }
            None => self.progress.sent = None,
        }
        Ok(())
    }

    /// Goes on with the session as it was written.
    ///
    /// The changes of the client-side state stay: some may have been made after the write, and they
    /// can be repeated without harm.
    pub(crate) fn confirm_sent(&mut self) {
        let Some(sent) = self.progress.sent.take() else {
            return;
        };
        let record = &sent.record;
        let log_in = &mut self.pending.log_in;
        let included = log_in.take_if(|log_in| sent.logs_in && log_in.is_in(record));
        telemetry::written(record, sent.renews, included.is_some());
        if let Some(log_in) = included {
            let limit = self.env.policy.config().log_in.max_sessions_per_principal;
            if limit.is_some() && log_in.counts_towards_limit {
                self.progress.limit_check_due = Some(log_in.principal);
            }
        }
        self.pending.renew &= !sent.renews_for_good();
        if sent.sets_cookie {
            self.progress.cookie = CookieProgress::Confirmed;
        }
        self.found.adopt(sent.into_status());
    }
}

/// The outcome of a write that cannot take effect any more, unless it has done so.
enum Settled {
    /// The record in the store is not the one before the write.
    Stored(Option<Arc<SessionRecord>>),
    /// The record in the store is as before, but for its new revision.
    Prevented(Revision),
}

/// Settles a write that may still be on its way.
async fn settled(env: &Env, sent: &SentWrite) -> Result<Settled, SessionError> {
    for _ in 0..MAX_ATTEMPTS {
        let stored = readable(env.store.load(sent.record.id).await)?;
        let is_as_before = |stored: &&Arc<SessionRecord>| Some(stored.revision) == sent.expected;
        let Some(record) = stored.as_ref().filter(is_as_before) else {
            return Ok(Settled::Stored(stored));
        };
        if let Some(revision) = renumber(env, record.clone()).await? {
            return Ok(Settled::Prevented(revision));
        }
    }
    Err(SessionError::Contention {
        attempts: MAX_ATTEMPTS,
    })
}

/// Returns the record if this release can read it: it has written that of `sent`.
fn readable<T>(loaded: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match loaded {
        Err(error) if error.kind() == StoreErrorKind::InvalidRecord => Ok(None),
        loaded => loaded,
    }
}

/// Writes the record with another revision, so that a write which expects the present one is a
/// conflict. Returns that revision, unless another request was faster.
async fn renumber(
    env: &Env,
    mut record: Arc<SessionRecord>,
) -> Result<Option<Revision>, SessionError> {
    let expected = record.revision;
    let revision = expected.random_next()?;
    Arc::make_mut(&mut record).revision = revision;
    let outcome = env.store.replace(record, expected).await?;
    Ok((outcome == ReplaceOutcome::Replaced).then_some(revision))
}
