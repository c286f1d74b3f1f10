//! Log-ins of one browser side by side: the later ones join the session of the first.

use super::Inner;
use super::lookup::parse_state;
use super::pending::PendingLogIn;
use super::status::{LiveSession, SessionStatus};
use crate::errors::SessionError;

impl Inner {
    /// Lets the log-in join the session that another log-in of the same browser has just begun.
    ///
    /// The request carries the secret from before that log-in, which grants no access by itself. A
    /// log-in of another principal, or with other credentials, joins nothing. If the request has
    /// joined already, and its credentials have changed since, it takes the session over.
    pub(crate) fn join(&mut self) -> Result<(), SessionError> {
        let Some(live) = self.session_to_join() else {
            return Ok(());
        };
        let loaded = parse_state(live, self.env.now());
        if loaded.status.record().is_none() {
            return Ok(());
        }
        let max_size = self.env.policy.state().max_size;
        let outcome = self.found.join(loaded, max_size);
        if let Err(SessionError::StateTooLarge { .. }) = outcome {
            return outcome;
        }
        if let Some(log_in) = &mut self.pending.log_in {
            log_in.counts_towards_limit = false;
        }
        outcome
    }

    /// Notes the log-in, and lets it join a session. If it cannot, the request sees nothing of that
    /// session, and the log-in is forgotten.
    pub(super) fn join_or_restore(&mut self, log_in: PendingLogIn) -> Result<(), SessionError> {
        let earlier = self.pending.log_in.replace(Box::new(log_in));
        let joins = self.session_to_join().is_some();
        let before = self.found.loaded().filter(|_| joins);
        self.join().inspect_err(|_| {
            self.pending.log_in = earlier;
            if let Some(before) = before {
                self.found.restore(before);
            }
        })
    }

    fn session_to_join(&self) -> Option<LiveSession> {
        let log_in = self.pending.log_in()?;
        match self.status() {
            SessionStatus::Superseded(superseded) => {
                let live = superseded.to_join.as_deref()?;
                log_in.may_join(&live.record).then(|| live.clone())
            }
            SessionStatus::Live(live) if !log_in.may_join(&live.record) => live.taken_over(),
            _ => None,
        }
    }
}
