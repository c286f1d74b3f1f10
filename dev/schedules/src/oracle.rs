//! The promises, checked from outside.

use std::collections::BTreeSet;

use pavex::http::header::SET_COOKIE;
use session::SessionId;

use crate::gate::Party;
use crate::handler::{Reply, key};
use crate::script::{Action, Arrival, Script};
use crate::world::{State, World};

/// The facts that the promises are about.
#[derive(Default)]
pub(crate) struct Oracle {
    /// The sessions whose end was acknowledged.
    ended: BTreeSet<SessionId>,
    /// The cookies of all browsers so far, each with the session that it is for.
    issued: Vec<(String, SessionId)>,
    /// The requests in the order in which they were answered.
    answered: Vec<Party>,
    /// The browsers that must be logged in once they have all answers.
    members: BTreeSet<usize>,
    ends_nothing: bool,
    keeps_one_session: bool,
}

impl Oracle {
    /// Starts from the sessions with which the browsers arrive.
    pub(crate) async fn new(script: &Script, world: &World) -> Self {
        let mut oracle = Self {
            ends_nothing: script.ends_nothing(),
            keeps_one_session: script.keeps_one_session(),
            ..Self::default()
        };
        for (n, browser) in world.browsers.iter().enumerate() {
            if script.browsers[n].arrival == Arrival::Member {
                oracle.members.insert(n);
            }
            if let Some(cookie) = browser.tab.cookie() {
                let id = world.look(cookie).await.id;
                let id = id.expect("a browser arrives with a live session");
                oracle.issued.push((cookie.to_owned(), id));
            }
        }
        oracle
    }

    /// Collects the answers, and checks all cookies of sessions that have ended.
    pub(crate) async fn after_step(&mut self, world: &mut World) -> Result<(), String> {
        for party in 0..world.requests.len() {
            if let State::UnderWay(task) = &mut world.requests[party].state
                && task.is_finished()
            {
                let reply = task
                    .await
                    .map_err(|error| format!("request {party}: {error}"))?;
                self.answer(world, party, &reply).await?;
                let state = match world.requests[party].browser {
                    Some(_) => State::Answered(reply),
                    None => State::Delivered,
                };
                world.requests[party].state = state;
            }
        }
        self.each_browser_has_one_session(world).await?;
        self.nobody_is_logged_out(world).await?;
        self.no_ended_session_is_usable(world).await
    }

    /// Checks the cookie that leaves with an answer.
    async fn answer(&mut self, world: &World, party: Party, reply: &Reply) -> Result<(), String> {
        self.answered.push(party);
        if reply.is_success() {
            self.ended.extend(reply.ended.iter().copied());
        }
        let Some(cookie) = cookie_in(reply) else {
            return no_write_is_missing(world, party, reply, reply.session).await;
        };
        let seen = world.look(&cookie).await;
        match seen.id {
            Some(id) if seen.live => self.issued.push((cookie, id)),
            _ => {
                return Err(format!(
                    "the answer to request {party} sets a cookie that is dead already: {seen:?}"
                ));
            }
        }
        no_write_is_missing(world, party, reply, seen.id).await
    }

    async fn each_browser_has_one_session(&self, world: &World) -> Result<(), String> {
        let (sessions, browsers) = (world.sessions().await, world.browsers.len());
        match self.keeps_one_session && sessions > browsers {
            true => Err(format!("{sessions} sessions of {browsers} browsers")),
            false => Ok(()),
        }
    }

    /// Checks each browser that has all its answers.
    async fn nobody_is_logged_out(&self, world: &World) -> Result<(), String> {
        if !self.ends_nothing {
            return Ok(());
        }
        for browser in &self.members {
            let requests = world.requests.iter();
            let mut own = requests.filter(|request| request.browser == Some(*browser));
            if own.any(|request| !matches!(request.state, State::Delivered)) {
                continue;
            }
            let cookie = world.browsers[*browser].tab.cookie().unwrap_or_default();
            if world.look(cookie).await.principal.is_none() {
                return Err(format!(
                    "browser {browser} is logged out, and nobody did it"
                ));
            }
        }
        Ok(())
    }

    async fn no_ended_session_is_usable(&self, world: &World) -> Result<(), String> {
        let of_ended = self.issued.iter().filter(|(_, id)| self.ended.contains(id));
        for (cookie, id) in of_ended {
            let seen = world.look(cookie).await;
            if seen.live || seen.principal.is_some() || !seen.keys.is_empty() {
                return Err(format!(
                    "the session {id} has ended, and is usable: {seen:?}"
                ));
            }
        }
        Ok(())
    }

    /// Lets a browser receive an answer.
    pub(crate) async fn deliver(&mut self, world: &mut World, party: Party) -> Result<(), String> {
        let request = &mut world.requests[party];
        let State::Answered(reply) = std::mem::replace(&mut request.state, State::Delivered) else {
            return Ok(());
        };
        let Some(browser) = request.browser else {
            return Ok(());
        };
        let logs_in = request.actions.contains(&Action::LogIn);
        let ends = request.actions.contains(&Action::LogOut) && reply.is_success();
        self.note_delivery(world, party, browser, logs_in && reply.is_success());
        world.browsers[browser].tab.receive(&reply.response);
        if !ends {
            return Ok(());
        }
        match self.session_of(world, browser).await {
            Some(id) if reply.ended.contains(&id) => Err(format!(
                "browser {browser} still has a cookie of the session {id} that it logged out of"
            )),
            _ => Ok(()),
        }
    }

    /// Notes a log-in. An answer that overtakes another one in the network excuses the browser: no
    /// server can prevent that.
    fn note_delivery(&mut self, world: &World, party: Party, browser: usize, logs_in: bool) {
        let earlier = self.answered.iter().take_while(|it| **it != party);
        let mut earlier = earlier.filter(|it| world.requests[**it].browser == Some(browser));
        if earlier.any(|it| matches!(world.requests[*it].state, State::Answered(_))) {
            self.ends_nothing = false;
        } else if logs_in {
            self.members.insert(browser);
        }
    }

    /// Returns the session that the cookie of a browser was issued for.
    async fn session_of(&self, world: &World, browser: usize) -> Option<SessionId> {
        let cookie = world.browsers[browser].tab.cookie()?;
        let issued = self.issued.iter().find(|(it, _)| it == cookie);
        issued.map(|(_, id)| *id)
    }
}

/// Checks that a write whose request succeeded is in its session.
///
/// A request that commits in its handler may see the session end between the commit and its answer.
async fn no_write_is_missing(
    world: &World,
    party: Party,
    reply: &Reply,
    session: Option<SessionId>,
) -> Result<(), String> {
    let actions = &world.requests[party].actions;
    let has = |action| actions.contains(&action);
    if !reply.is_success() || !has(Action::Write) || has(Action::LogOut) {
        return Ok(());
    }
    let record = match session {
        Some(id) => world.record(id).await,
        None => None,
    };
    let is_there = record.as_ref().map(|record| {
        let key = format!("\"{}\":", key(party));
        record.state.as_json().contains(&key)
    });
    match is_there.unwrap_or(has(Action::Commit)) {
        true => Ok(()),
        false => Err(format!(
            "request {party} succeeded, and its write is missing"
        )),
    }
}

/// Returns the session cookie that an answer sets, as `name=value`.
fn cookie_in(reply: &Reply) -> Option<String> {
    let header = reply.response.headers().get(SET_COOKIE)?.to_str().ok()?;
    let (pair, attributes) = header.split_once(';')?;
    (!attributes.contains("Max-Age=0")).then(|| pair.to_owned())
}
