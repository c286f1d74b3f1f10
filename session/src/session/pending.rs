use time::UtcDateTime;

use crate::principal::Principal;
use crate::state::changes::Changes;
use crate::state::flash::StoredFlash;
use crate::store::Label;

/// The changes that wait for a commit, except those of the server-side state. They are kept beside
/// that state.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) client: Changes,
    pub(crate) renew: bool,
    pub(crate) log_in: Option<Box<PendingLogIn>>,
    /// The flash messages that the handler read, to be removed once their page is sent.
    pub(crate) flashes_shown: Vec<StoredFlash>,
}

pub(crate) struct PendingLogIn {
    pub(crate) principal: Principal,
    pub(crate) authenticated_at: UtcDateTime,
    pub(crate) label: Option<Label>,
    /// True if the principal has one more session afterwards; a re-authentication adds none.
    pub(crate) counts_towards_limit: bool,
}

impl Pending {
    pub(crate) fn has_changes(&self) -> bool {
        !self.client.is_empty() || self.renew || self.log_in.is_some()
    }

    /// Forgets the changes, once they are committed or given up.
    pub(crate) fn clear(&mut self) {
        self.client = Changes::default();
        self.renew = false;
        self.log_in = None;
    }
}
