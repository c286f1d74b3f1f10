//! The timeouts of each kind of session.

use std::time::Duration;

use time::UtcDateTime;

use super::log_in::LogInConfig;
use super::state::{SessionStateConfig, TimeoutsConfig};
use crate::clock;
use crate::store::SessionSummary;

const ANONYMOUS_IDLE: Duration = Duration::from_secs(2 * 60 * 60);
const ANONYMOUS_ABSOLUTE: Duration = Duration::from_secs(24 * 60 * 60);
const REMEMBERED_IDLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const REMEMBERED_ABSOLUTE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The timeouts of one kind of session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Timeouts {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    /// Activity moves a deadline that is nearer than this.
    extension_window: Duration,
}

impl Timeouts {
    /// Returns those of a session that somebody has logged in to.
    pub(crate) fn of_log_ins(state: &SessionStateConfig) -> Self {
        Self::new(state, state.idle_timeout, state.absolute_timeout)
    }

    /// Returns those of a session without a principal. The defaults are never longer than those of
    /// other sessions.
    pub(crate) fn of_anonymous(state: &SessionStateConfig) -> Self {
        let TimeoutsConfig {
            idle_timeout,
            absolute_timeout,
        } = state.anonymous;
        Self::new(
            state,
            idle_timeout.unwrap_or(ANONYMOUS_IDLE.min(state.idle_timeout)),
            absolute_timeout.unwrap_or(ANONYMOUS_ABSOLUTE.min(state.absolute_timeout)),
        )
    }

    /// Returns those of a remembered session. The defaults are never shorter than those of other
    /// sessions.
    pub(crate) fn of_remembered(state: &SessionStateConfig, log_in: &LogInConfig) -> Self {
        let TimeoutsConfig {
            idle_timeout,
            absolute_timeout,
        } = log_in.remembered;
        Self::new(
            state,
            idle_timeout.unwrap_or(REMEMBERED_IDLE.max(state.idle_timeout)),
            absolute_timeout.unwrap_or(REMEMBERED_ABSOLUTE.max(state.absolute_timeout)),
        )
    }

    fn new(state: &SessionStateConfig, idle: Duration, absolute: Duration) -> Self {
        // Not `mul_f64`: it panics for a threshold that the rules have not refused yet.
        let window = idle.as_secs_f64() * state.extension_threshold;
        Self {
            idle,
            absolute,
            extension_window: Duration::try_from_secs_f64(window).unwrap_or(idle),
        }
    }

    /// Returns the deadline of a session that is active `now`.
    pub(crate) fn deadline(&self, begins_at: UtcDateTime, now: UtcDateTime) -> UtcDateTime {
        let deadline = clock::after(now, self.idle);
        match clock::between(begins_at, deadline) <= self.absolute {
            true => deadline,
            false => self.absolute_deadline(begins_at),
        }
    }

    /// Returns the deadline that no activity can move.
    pub(crate) fn absolute_deadline(&self, begins_at: UtcDateTime) -> UtcDateTime {
        clock::after(begins_at, self.absolute)
    }

    /// Returns the deadline of a stored session. A timeout that was shortened since holds for it.
    pub(crate) fn current_deadline(
        &self,
        stored: UtcDateTime,
        begins_at: UtcDateTime,
        last_active_at: UtcDateTime,
    ) -> UtcDateTime {
        // Mostly true, and the sum of two times takes longer than the time between them.
        let holds = clock::between(begins_at, stored) <= self.absolute
            && clock::between(last_active_at, stored) <= self.idle;
        match holds {
            true => stored,
            false => stored.min(self.deadline(begins_at, last_active_at)),
        }
    }

    /// Returns the deadline of a listed session in the same way.
    pub(crate) fn deadline_of(&self, summary: &SessionSummary) -> UtcDateTime {
        let (begins_at, last_active_at) = (summary.begins_at(), summary.last_active_at);
        self.current_deadline(summary.expires_at, begins_at, last_active_at)
    }

    /// Returns `true` if a deadline is so near that activity moves it, or is later than activity
    /// could move it: then the timeout was shortened since.
    pub(crate) fn extension_is_due(&self, expires_at: UtcDateTime, now: UtcDateTime) -> bool {
        let remaining = clock::between(now, expires_at);
        remaining < self.extension_window || remaining > self.idle
    }
}
