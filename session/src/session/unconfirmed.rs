use std::sync::Arc;

use super::Inner;
use super::lookup::{LoadedSession, look_up};
use super::progress::CookieProgress;
use super::status::SessionStatus;
use crate::errors::SessionError;
use crate::store::{SessionRecord, StoreError, StoreErrorKind};
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
        let stored = match self.env.store.load(sent.record.id).await {
            Err(error) if error.kind() == StoreErrorKind::InvalidRecord => None,
            outcome => outcome?,
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
                self.found.adopt(SessionStatus::DEAD);
            }
            Some(stored) => {
                sent.stored_until = stored.expires_at;
                sent.record = self.env.policy.with_current_deadline(stored);
                self.confirm_sent();
            }
            None => {
                let sent = self.progress.sent.take();
                let renewal =
                    sent.filter(|sent| sent.renews_for_good() && !sent.logs_in && !sent.creates());
                let secret = renewal.map(|sent| sent.cookie.token.secret);
                self.progress.doubtful_secret = secret.or(self.progress.doubtful_secret.take());
            }
        }
        Ok(())
    }

    /// Returns the session under the new secret of a renewal that seemed to have failed, if that
    /// renewal has taken effect after all.
    ///
    /// A log-in joins such a session, and the previous secret of a renewal on a timer still counts.
    pub(crate) async fn look_up_renewed(&self) -> Result<Option<LoadedSession>, StoreError> {
        let cookie = self.status().cookie();
        let (Some(cookie), Some(secret), None) = (
            cookie,
            &self.progress.doubtful_secret,
            self.pending.log_in(),
        ) else {
            return Ok(None);
        };
        let mut cookie = cookie.clone();
        cookie.token.secret = secret.clone();
        let renewed = look_up(&self.env, &cookie, self.env.now()).await?;
        Ok(renewed.status.record().is_some().then_some(renewed))
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
        self.progress.doubtful_secret = None;
        if sent.sets_cookie {
            self.progress.cookie = CookieProgress::Confirmed;
        }
        self.found.adopt(sent.into_status());
    }
}
