use std::sync::Arc;

use super::Inner;
use super::env::Env;
use super::progress::{CookieProgress, SentWrite};
use super::status::SessionStatus;
use crate::errors::SessionError;
use crate::store::{ReplaceOutcome, SessionRecord, StoreErrorKind};
use crate::telemetry;

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
        let stored = settled_record(&self.env, sent).await?;
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
                self.found.adopt(SessionStatus::DEAD);
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

/// Returns the record in the store, once the write cannot take effect any more or has done so.
async fn settled_record(
    env: &Env,
    sent: &SentWrite,
) -> Result<Option<Arc<SessionRecord>>, SessionError> {
    let is_as_before = |stored: &Arc<SessionRecord>| Some(stored.revision) == sent.expected;
    loop {
        let stored = match env.store.load(sent.record.id).await {
            Err(error) if error.kind() == StoreErrorKind::InvalidRecord => None,
            outcome => outcome?,
        };
        let Some(mut record) = stored.clone().filter(is_as_before) else {
            return Ok(stored);
        };
        // The write may be on its way. With another revision in the store, it is a conflict.
        let expected = record.revision;
        Arc::make_mut(&mut record).revision = expected.random_next()?;
        if env.store.replace(record, expected).await? == ReplaceOutcome::Replaced {
            return Ok(None);
        }
    }
}
