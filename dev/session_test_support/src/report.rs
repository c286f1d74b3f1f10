use std::fmt;
use std::time::Duration;

use session::store::StoreErrorKind;
use session::testing::TestApp;

use crate::answer::{Answer, Outcome};
use crate::ledger::Entry;

/// The kinds of error that a dead server may cause.
const KINDS: [StoreErrorKind; 2] = [StoreErrorKind::Timeout, StoreErrorKind::Unavailable];

/// The answers that the clients of a [`Load`](crate::Load) got, and the sessions that they left.
///
/// Its `Display` form is one line with the number of each outcome.
#[derive(Debug)]
pub struct Report {
    /// The end of each request.
    pub answers: Vec<Answer>,
    pub(crate) entries: Vec<Entry>,
}

/// The number of acknowledged changes that a server kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The number of visits.
    pub visits: u64,
    /// The number of ended sessions.
    pub ends: usize,
}

impl Report {
    /// Expects that each failure is of a kind that a dead server may cause, and that no request
    /// took longer than `limit`.
    pub fn expect_typed_and_timely(&self, limit: Duration) {
        for answer in &self.answers {
            assert!(answer.took <= limit, "too late: {answer:?}");
            if let Outcome::Failed(kind) = answer.outcome {
                let is_expected = kind.is_some_and(|kind| KINDS.contains(&kind));
                assert!(is_expected, "another error: {answer:?}");
            }
        }
    }

    /// Expects that each request was answered without an error.
    pub fn expect_all_good(&self) {
        for answer in &self.answers {
            assert_eq!(answer.outcome, Outcome::Good, "{answer:?}");
        }
    }

    /// Expects that the stored sessions are those that the clients left.
    pub async fn expect_kept(&self, app: &TestApp) -> Kept {
        for entry in &self.entries {
            entry.check(app).await;
        }
        Kept {
            visits: self.entries.iter().map(Entry::visits).sum(),
            ends: self
                .entries
                .iter()
                .filter(|entry| entry.has_ended())
                .count(),
        }
    }

    /// The number of requests with this outcome.
    pub fn count(&self, is_wanted: impl Fn(&Answer) -> bool) -> usize {
        let answers = self.answers.iter();
        answers.filter(|answer| is_wanted(answer)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} good, {} failed, {} dropped; the longest took {:.2?}",
            self.count(|answer| answer.outcome == Outcome::Good),
            self.count(Answer::has_failed),
            self.count(|answer| answer.outcome == Outcome::Dropped),
            self.answers.iter().map(|answer| answer.took).max()
        )
    }
}

impl Kept {
    /// Expects that the load was large enough for the test to mean something.
    pub fn expect_many(&self) {
        assert!(self.visits > 100 && self.ends > 10, "too few: {self:?}");
    }
}
