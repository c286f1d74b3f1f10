//! The promises about one answer, checked at the moment at which it leaves.

use pavex::http::header::{CACHE_CONTROL, HeaderName, SET_COOKIE};

use crate::gate::Party;
use crate::handler::{Reply, key};
use crate::rules::{Broken, Rule, require};
use crate::script::Action;
use crate::world::{Seen, World};

/// An answer that leaves.
pub(crate) struct Answered<'a> {
    pub(crate) world: &'a World,
    pub(crate) party: Party,
    pub(crate) reply: &'a Reply,
    /// True if the store has failed before.
    pub(crate) may_fail: bool,
    /// True if the record of a session may be damaged, or a restart has cut the session off.
    pub(crate) may_be_useless: bool,
    /// True if another log-in may end the session between the commit and the answer.
    pub(crate) may_be_evicted: bool,
    /// True if something happened during the request that may end its session.
    pub(crate) is_disturbed: bool,
}

impl Answered<'_> {
    /// Checks the answer, whose cookie shows that session.
    pub(crate) async fn check(&self, cookie: Option<&Seen>) -> Result<(), Broken> {
        let status = self.reply.response.status();
        let fails = status.is_server_error() && !self.may_fail;
        let party = self.party;
        require(!fails, Rule::NoErrorWithoutFault, || {
            format!("request {party} was answered with {status}")
        })?;
        if let Some(seen) = cookie {
            self.check_cookie(seen)?;
        }
        if !self.reply.is_success() {
            return Ok(());
        }
        if self.has(Action::LogOut) {
            return self.clears_the_cache();
        }
        self.log_in_takes_effect(cookie)?;
        if self.may_be_useless {
            return Ok(());
        }
        self.no_client_write_is_missing(cookie)?;
        self.no_write_is_missing(cookie).await
    }

    pub(crate) fn has(&self, action: Action) -> bool {
        self.world.requests[self.party].actions.contains(&action)
    }

    fn is_log_in(&self) -> bool {
        self.world.requests[self.party].logs_in()
    }

    fn check_cookie(&self, seen: &Seen) -> Result<(), Broken> {
        let party = self.party;
        require(
            seen.live || self.may_be_useless,
            Rule::LeavingCookieIsAlive,
            || {
                format!(
                    "the answer to request {party} sets a cookie that is dead already: {seen:?}"
                )
            },
        )?;
        let caching = self.header(CACHE_CONTROL);
        let private = caching.is_some_and(|it| it.contains("no-store"));
        require(private, Rule::CookieIsNotCached, || {
            format!("the answer to request {party} sets a cookie, and has {caching:?}")
        })
    }

    fn clears_the_cache(&self) -> Result<(), Broken> {
        let clears = self.header(HeaderName::from_static("clear-site-data"));
        require(clears.is_some(), Rule::LogOutCleansTheBrowser, || {
            format!("the answer to request {} clears no cache", self.party)
        })
    }

    fn log_in_takes_effect(&self, cookie: Option<&Seen>) -> Result<(), Broken> {
        if !self.is_log_in() || self.is_disturbed || self.may_fail {
            return Ok(());
        }
        let member = cookie.is_some_and(|seen| seen.member);
        require(member, Rule::LogInTakesEffect, || {
            format!("request {} succeeded, and left {cookie:?}", self.party)
        })
    }

    /// Returns `true` if the session may have ended between a commit of the request and its answer.
    fn may_be_over(&self) -> bool {
        self.has(Action::Commit) || self.may_be_evicted
    }

    /// Checks that the cookie has the client-side value of the handler.
    fn no_client_write_is_missing(&self, cookie: Option<&Seen>) -> Result<(), Broken> {
        let key = key(self.party);
        if !self.has(Action::WriteClient) {
            return Ok(());
        }
        let kept = cookie.map(|seen| seen.keys.contains(&key));
        let kept = kept.unwrap_or(self.may_be_over());
        require(kept, Rule::WriteIsKept, || {
            format!("`{key}` succeeded, and its value is not in {cookie:?}")
        })
    }

    /// Checks that the record has the value of the handler.
    async fn no_write_is_missing(&self, cookie: Option<&Seen>) -> Result<(), Broken> {
        if !self.has(Action::Write) || (self.is_log_in() && cookie.is_none() && self.may_be_evicted)
        {
            return Ok(());
        }
        let record = match cookie.and_then(|seen| seen.id).or(self.reply.session) {
            Some(id) => self.world.records.get(id).await,
            None => None,
        };
        let key = key(self.party);
        let json = |it: &str| it.contains(&format!("\"{key}\":"));
        let is_there = record.as_ref().map(|record| json(record.state.as_json()));
        let kept = is_there.unwrap_or(self.may_be_over());
        require(kept, Rule::WriteIsKept, || {
            format!("`{key}` succeeded, and its value is missing")
        })
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        let value = self.reply.response.headers().get(name)?;
        value.to_str().ok()
    }
}

/// Returns the session cookie that an answer sets, as `name=value`.
pub(crate) fn cookie_in(reply: &Reply) -> Option<String> {
    let header = reply.response.headers().get(SET_COOKIE)?.to_str().ok()?;
    let (pair, attributes) = header.split_once(';')?;
    (!attributes.contains("Max-Age=0")).then(|| pair.to_owned())
}
