use std::collections::HashSet;
use std::time::Duration;

use time::UtcDateTime;

use super::registry::{BATCH, SessionRegistry};
use crate::errors::SessionError;
use crate::store::{Lifetime, SessionSummary, SessionsStep};
use crate::token::SessionId;

/// The numbers of sessions in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStatistics {
    /// The number of live sessions with a principal.
    pub logged_in: u64,
    /// The number of those among them whose log-in chose [`Lifetime::Remembered`].
    pub remembered: u64,
    /// The number of live sessions without a principal.
    pub anonymous: u64,
    /// The number of records whose sessions are over. They are not deleted yet.
    pub expired: u64,
    /// The number of records that a newer release has written, or whose [`SessionSummary`] is
    /// damaged.
    ///
    /// Other damage is not found, since the walk reads summaries alone. A row with a malformed id
    /// is not counted, nor is a key of Redis that is empty or of another type.
    pub unreadable: u64,
    /// The live sessions by the time since their beginning. The groups are in the order of their
    /// ages, and have no gap between them.
    pub ages: Vec<AgeGroup>,
}

/// The number of live sessions of some age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgeGroup {
    /// The age from which a session belongs to the group.
    pub from: Duration,
    /// The age from which it does not belong to the group any more; `None` for the oldest.
    pub until: Option<Duration>,
    /// The number of live sessions in the group.
    pub sessions: u64,
}

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The ages at which a group ends and the next one begins.
const AGES: [Duration; 5] = [
    HOUR,
    DAY,
    DAY.saturating_mul(7),
    DAY.saturating_mul(30),
    DAY.saturating_mul(90),
];

impl SessionStatistics {
    fn none() -> Self {
        Self {
            logged_in: 0,
            remembered: 0,
            anonymous: 0,
            expired: 0,
            unreadable: 0,
            ages: AgeGroup::all(),
        }
    }

    /// Returns the number of live sessions.
    pub fn live(&self) -> u64 {
        self.logged_in + self.anonymous
    }
}

impl AgeGroup {
    fn all() -> Vec<Self> {
        let from = [Duration::ZERO].into_iter().chain(AGES);
        let until = AGES.into_iter().map(Some).chain([None]);
        let group = |(from, until)| Self {
            from,
            until,
            sessions: 0,
        };
        from.zip(until).map(group).collect()
    }
}

/// Counts the sessions of a walk through a store, each once.
///
/// Programs that have the configuration of the application call
/// [`SessionRegistry::statistics`] instead.
#[derive(Debug)]
pub struct SessionCounter {
    now: UtcDateTime,
    seen: HashSet<SessionId>,
    statistics: SessionStatistics,
}

impl SessionCounter {
    /// Creates a counter for the state of the store at this time.
    pub fn new(now: UtcDateTime) -> Self {
        Self {
            now,
            seen: HashSet::new(),
            statistics: SessionStatistics::none(),
        }
    }

    /// Counts the records of a step, except those that were counted before. `is_live` returns
    /// `true` for a session that has not ended.
    pub fn add(&mut self, step: &SessionsStep, is_live: impl Fn(&SessionSummary) -> bool) {
        for summary in &step.sessions {
            if self.seen.insert(summary.id) {
                match is_live(summary) {
                    true => self.add_live(summary),
                    false => self.statistics.expired += 1,
                }
            }
        }
        for id in &step.unreadable {
            self.statistics.unreadable += u64::from(self.seen.insert(*id));
        }
    }

    fn add_live(&mut self, summary: &SessionSummary) {
        let statistics = &mut self.statistics;
        match summary.authenticated_at {
            Some(_) => {
                statistics.logged_in += 1;
                statistics.remembered += u64::from(summary.lifetime == Lifetime::Remembered);
            }
            None => statistics.anonymous += 1,
        }
        self.add_age(summary.created_at);
    }

    fn add_age(&mut self, created_at: UtcDateTime) {
        // A clock that is behind may show a time of creation in the future.
        let age = Duration::try_from(self.now - created_at).unwrap_or_default();
        let mut groups = self.statistics.ages.iter_mut();
        // The first group begins at zero, so there is one.
        if let Some(group) = groups.rfind(|group| group.from <= age) {
            group.sessions += 1;
        }
    }

    /// Returns the number of records that were counted so far.
    pub fn counted(&self) -> u64 {
        let statistics = &self.statistics;
        statistics.live() + statistics.expired + statistics.unreadable
    }

    /// Returns the result.
    pub fn finish(self) -> SessionStatistics {
        self.statistics
    }
}

impl SessionRegistry {
    /// Counts the sessions in the store, anonymous ones included.
    ///
    /// A database reads about ten thousand records in each step, within its time limit, and the
    /// store in memory a thirty-second of its records. `progress` is called after each step, with
    /// the number of records that were counted so far. The call reads all records, so a page for
    /// administrators shows a result that it keeps.
    ///
    /// Each record that is there during the whole call is counted once. One that is created or
    /// deleted meanwhile may be counted. The call keeps the ids of all sessions in memory, up to 60
    /// bytes for each. Sessions without a record are not in the store, so they are not counted.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{SessionError, SessionRegistry};
    ///
    /// async fn report(registry: &SessionRegistry) -> Result<String, SessionError> {
    ///     let statistics = registry.statistics(|_| {}).await?;
    ///     Ok(format!("{} users, {} visitors", statistics.logged_in, statistics.anonymous))
    /// }
    /// ```
    pub async fn statistics(
        &self,
        mut progress: impl FnMut(u64),
    ) -> Result<SessionStatistics, SessionError> {
        let now = self.policy.now();
        let (mut counter, mut next) = (SessionCounter::new(now), Some(None));
        while let Some(from) = next {
            let step = self.store.all_sessions(BATCH, from).await?;
            counter.add(&step, |summary| self.policy.is_live(summary, now));
            progress(counter.counted());
            next = step.next.map(Some);
        }
        Ok(counter.finish())
    }
}
