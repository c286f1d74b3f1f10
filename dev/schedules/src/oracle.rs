//! The promises, checked from outside.

use std::collections::BTreeSet;

use pavex::http::header::SET_COOKIE;
use session::SessionId;

use crate::gate::Party;
use crate::handler::Reply;
use crate::script::Action;
use crate::world::{State, World};

/// The facts that the promises are about.
#[derive(Default)]
pub(crate) struct Oracle {
    /// The sessions whose end was acknowledged.
    ended: BTreeSet<SessionId>,
    /// The cookies of all browsers so far, each with the session that it is for.
    issued: Vec<(String, SessionId)>,
}

impl Oracle {
    /// Starts from the sessions with which the browsers arrive.
    pub(crate) async fn new(world: &World) -> Self {
        let mut oracle = Self::default();
        for browser in &world.browsers {
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
        self.no_ended_session_is_usable(world).await
    }

    /// Checks the cookie that leaves with an answer.
    async fn answer(&mut self, world: &World, party: Party, reply: &Reply) -> Result<(), String> {
        if reply.is_success() {
            self.ended.extend(reply.ended.iter().copied());
        }
        let Some(cookie) = cookie_in(reply) else {
            return Ok(());
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
        let ends = request.actions.contains(&Action::LogOut) && reply.is_success();
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

    /// Returns the session that the cookie of a browser was issued for.
    async fn session_of(&self, world: &World, browser: usize) -> Option<SessionId> {
        let cookie = world.browsers[browser].tab.cookie()?;
        let issued = self.issued.iter().find(|(it, _)| it == cookie);
        issued.map(|(_, id)| *id)
    }
}

/// Returns the session cookie that an answer sets, as `name=value`.
fn cookie_in(reply: &Reply) -> Option<String> {
    let header = reply.response.headers().get(SET_COOKIE)?.to_str().ok()?;
    let (pair, attributes) = header.split_once(';')?;
    (!attributes.contains("Max-Age=0")).then(|| pair.to_owned())
}
