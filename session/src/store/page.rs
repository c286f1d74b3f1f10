use std::num::NonZeroU32;

use super::record::SessionSummary;
use crate::token::SessionId;

/// A part of the sessions of a principal, which are in the order of their ids.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// # use session::{Principal, SessionError, SessionRegistry};
/// use session::store::Page;
/// use std::num::NonZeroU32;
///
/// # async fn example(registry: &SessionRegistry, owner: &Principal) -> Result<(), SessionError> {
/// let mut page = Page::first(NonZeroU32::new(100).expect("it is not zero"));
/// loop {
///     let sessions = registry.list_page(owner, page).await?;
///     for session in &sessions {
///         println!("{}", session.id);
///     }
///     match page.next(&sessions) {
///         Some(next) => page = next,
///         None => return Ok(()),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a store that does not obey a new field must not compile"
)]
pub struct Page {
    /// Leaves out the session with this id, and those with smaller ids. There need not be such a
    /// session.
    pub after: Option<SessionId>,
    /// The largest number of sessions.
    pub limit: NonZeroU32,
}

impl Page {
    /// The page with all sessions of a principal.
    pub const ALL: Self = Self::first(NonZeroU32::MAX);

    /// Returns the first page with at most this number of sessions.
    pub const fn first(limit: NonZeroU32) -> Self {
        Self { after: None, limit }
    }

    /// Returns the page that follows this one, whose sessions are given; `None` if it is the last.
    pub fn next(self, sessions: &[SessionSummary]) -> Option<Self> {
        let last = sessions
            .last()
            .filter(|_| sessions.len() >= self.max_len())?;
        Some(Self {
            after: Some(last.id),
            ..self
        })
    }

    /// Returns the page with at least this limit.
    pub(crate) fn extended_to(self, limit: NonZeroU32) -> Self {
        let limit = self.limit.max(limit);
        Self { limit, ..self }
    }

    /// Returns the largest number of sessions as a length.
    pub fn max_len(self) -> usize {
        usize::try_from(self.limit.get()).unwrap_or(usize::MAX)
    }
}
