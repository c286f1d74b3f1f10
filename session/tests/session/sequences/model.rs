use std::collections::{BTreeMap, BTreeSet};

use session::Principal;

use super::call::Call;

/// All that a session holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Content {
    pub(super) server: BTreeMap<&'static str, u8>,
    pub(super) client: BTreeMap<&'static str, u8>,
    pub(super) flashes: Vec<String>,
    pub(super) principal: Option<Principal>,
}

impl Content {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn keep(&mut self, keys: &[&str]) {
        self.server.retain(|key, _| keys.contains(key));
        self.client.retain(|key, _| keys.contains(key));
        self.flashes.clear();
        self.principal = None;
    }
}

/// The outcome of a call or of the end of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Success,
    /// The principal has too many sessions.
    Refused,
    StoreFailure,
}

/// The session of a request as its handler sees it, and the other sessions of the principals.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) current: Current,
    rivals: Vec<Principal>,
}

/// The session that goes on. It is replaced as a whole when it ends.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) content: Content,
    /// The flash messages that the handler has read.
    shown: BTreeSet<String>,
    /// The possible contents of the store: that of the last commit, and those of later ones that
    /// failed. `None` stands for no session.
    pub(super) stored: Vec<Option<Content>>,
    /// True if a log-in waits until it was compared with the limit.
    limit_check_due: bool,
    /// True if the session ended because a log-in was refused.
    pub(super) refused: bool,
}

impl Default for Current {
    fn default() -> Self {
        Self {
            content: Content::default(),
            shown: BTreeSet::new(),
            stored: vec![None],
            limit_check_due: false,
            refused: false,
        }
    }
}

impl Model {
    pub(super) fn with_session(content: Content) -> Self {
        Self {
            current: Current {
                stored: vec![Some(content.clone())],
                content,
                ..Current::default()
            },
            rivals: Vec::new(),
        }
    }

    pub(super) fn has_rival(&self, principal: &Principal) -> bool {
        self.rivals.contains(principal)
    }

    pub(super) fn rivals(&self) -> usize {
        self.rivals.len()
    }

    /// Returns the flash messages that a page shows now.
    pub(super) fn unread_flashes(&self) -> Vec<String> {
        let Current { content, shown, .. } = &self.current;
        let unread = content.flashes.iter().filter(|text| !shown.contains(*text));
        unread.cloned().collect()
    }

    /// Applies any call but a commit.
    pub(super) fn apply(&mut self, call: &Call) -> Outcome {
        let content = &mut self.current.content;
        match call {
            Call::LogIn(principal) => return self.log_in(principal, &[]),
            Call::LogInKeeping(principal, keys) => return self.log_in(principal, keys),
            Call::Insert(key, value) => _ = content.server.insert(key, *value),
            Call::Increment(key) => *content.server.entry(key).or_default() += 1,
            Call::Remove(key) => _ = content.server.remove(key),
            Call::InsertClient(key, value) => _ = content.client.insert(key, *value),
            Call::RemoveClient(key) => _ = content.client.remove(key),
            Call::Flash(text) => content.flashes.push((*text).to_owned()),
            Call::ReadFlashes => self.current.shown.extend(content.flashes.iter().cloned()),
            Call::LogOut | Call::Invalidate => self.current = Current::default(),
            Call::LogOutKeeping(keys) => {
                let mut kept = std::mem::take(&mut self.current).content;
                kept.keep(keys);
                self.current.content = kept;
            }
            Call::RivalLogsIn(principal) => self.rivals.push(principal.clone()),
            Call::Renew | Call::Commit(_) => {}
        }
        Outcome::Success
    }

    fn log_in(&mut self, principal: &Principal, keys: &[&str]) -> Outcome {
        if self.current.content.principal.as_ref() == Some(principal) {
            return Outcome::Success;
        }
        if self.has_rival(principal) {
            return Outcome::Refused;
        }
        if self.current.content.principal.is_some() {
            self.current = Current::default();
        }
        self.current.content.keep(keys);
        self.current.content.principal = Some(principal.clone());
        self.current.limit_check_due = true;
        Outcome::Success
    }

    /// Commits. `store_fails` is true if an operation of the store failed.
    pub(super) fn commit(&mut self, store_fails: bool) -> Outcome {
        let current = &mut self.current;
        if store_fails {
            current.stored.push(current.writable());
            return Outcome::StoreFailure;
        }
        if self.exceeds_limit() {
            return self.refuse();
        }
        let current = &mut self.current;
        current.limit_check_due = false;
        let may_be_absent = current.stored.contains(&None) && current.content.is_empty();
        let written = current.writable();
        current.stored = vec![written];
        if may_be_absent {
            current.stored.push(None);
        }
        Outcome::Success
    }

    /// Returns `true` if a log-in is about to be refused.
    fn exceeds_limit(&self) -> bool {
        let principal = self.current.content.principal.as_ref();
        self.current.limit_check_due && principal.is_some_and(|it| self.has_rival(it))
    }

    fn refuse(&mut self) -> Outcome {
        self.current = Current {
            refused: true,
            ..Current::default()
        };
        Outcome::Refused
    }

    /// Ends the request with a response of that status.
    pub(super) fn finalize(&mut self, status: u16, actual: Outcome) -> Outcome {
        let current = &mut self.current;
        if status == 200 {
            let shown = std::mem::take(&mut current.shown);
            current.content.flashes.retain(|text| !shown.contains(text));
        }
        if status != 500 {
            return self.commit(false);
        }
        // A server error discards what is not committed. A commit that failed may have written
        // the log-in.
        let may_be_written = current.stored.len() > 1;
        match may_be_written && actual == Outcome::Refused && self.exceeds_limit() {
            true => self.refuse(),
            false => Outcome::Success,
        }
    }
}

impl Current {
    /// Returns the content that a commit writes. A session without content is not created.
    fn writable(&self) -> Option<Content> {
        let may_exist = self.stored.iter().any(Option::is_some);
        (may_exist || !self.content.is_empty()).then(|| self.content.clone())
    }
}
