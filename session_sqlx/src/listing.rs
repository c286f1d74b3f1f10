use session::SessionId;
use session::store::{Page, SessionSummary, SessionsStep, WalkCursor};
use sqlx::types::Uuid;

use crate::codec::{self, Columns, Value};

/// The part of a page that is still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing {
    after: Uuid,
    limit: usize,
}

impl Listing {
    pub(crate) fn of(page: Page) -> Self {
        Self {
            after: page.after.map_or(Uuid::nil(), SessionId::as_uuid),
            limit: page.max_len(),
        }
    }

    pub(crate) fn values(&self) -> [Value<'static>; 2] {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        [Value::Id(self.after), Value::Number(limit)]
    }

    /// Adds the sessions of these rows. Returns the part that damaged rows left room for.
    pub(crate) fn add(
        self,
        rows: &[impl Columns],
        sessions: &mut Vec<SessionSummary>,
    ) -> Option<Self> {
        let before = sessions.len();
        sessions.extend(rows.iter().filter_map(readable));
        let limit = self.limit - (sessions.len() - before).min(self.limit);
        let last = rows.iter().rev().find_map(codec::any_id)?;
        let is_more = rows.len() >= self.limit && limit > 0 && last > self.after;
        is_more.then_some(Self { after: last, limit })
    }
}

/// Returns the summary of a row. A damaged one is reported and left out, so that it hides no other
/// session of its principal.
fn readable(row: &impl Columns) -> Option<SessionSummary> {
    match codec::summary(row) {
        Ok(summary) => Some(summary),
        Err(error) => {
            tracing::error!(%error, id = ?codec::any_id(row), "a session record is damaged");
            None
        }
    }
}

/// Returns the step of a walk that read these rows.
pub(crate) fn step(rows: &[impl Columns], next: Option<WalkCursor>) -> SessionsStep {
    let mut step = SessionsStep {
        next,
        ..SessionsStep::default()
    };
    for row in rows {
        match codec::summary_of_this_version(row) {
            Ok(summary) => step.sessions.push(summary),
            // A row with an id of another form is not that of a session.
            Err(_) => step.unreadable.extend(codec::session_id(row)),
        }
    }
    step
}
