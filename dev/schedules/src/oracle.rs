//! The promises, checked from outside.

use std::collections::BTreeSet;

use session::SessionId;

use crate::answers::{Answered, cookie_in};
use crate::event::Event;
use crate::gate::Party;
use crate::handler::Reply;
use crate::peace::Peace;
use crate::rules::{Broken, Rule, require};
use crate::script::{Action, Arrival, Script};
use crate::world::{State, World};

/// The facts that the promises are about.
pub(crate) struct Oracle {
    /// The sessions whose end was acknowledged.
    ended: BTreeSet<SessionId>,
    /// The cookies of all browsers so far.
    issued: Vec<Issued>,
    /// The requests in the order in which they were answered.
    answered: Vec<Party>,
    /// The browsers that must be logged in once they have all answers.
    members: BTreeSet<usize>,
    peace: Peace,
    /// The number of requests before the last restart.
    before_restart: usize,
    limit: Option<usize>,
    /// The largest number of sessions, as long as each browser has those with which it arrived.
    expected_sessions: usize,
}

/// A cookie that left the application once.
struct Issued {
    cookie: String,
    id: SessionId,
    /// The password that the log-in of the session proved; `None` if nobody was logged in.
    proof: Option<u32>,
    /// True if a restart with `valid_from` has ended its session.
    is_cut_off: bool,
    /// True if the cookie turned out to be of no use, after the end of its session.
    is_over: bool,
}

impl Oracle {
    /// Starts from the sessions with which the browsers arrive.
    pub(crate) async fn new(script: &Script, world: &World) -> Self {
        let twice = |arrival| arrival == Arrival::MemberTwice;
        let arrivals = script.browsers.iter().map(|it| it.arrival);
        let mut oracle = Self {
            ended: BTreeSet::new(),
            issued: Vec::new(),
            answered: Vec::new(),
            members: BTreeSet::new(),
            peace: Peace::new(script),
            before_restart: 0,
            limit: script.settings.limit.map(usize::from),
            expected_sessions: script.browsers.len() + arrivals.filter(|it| twice(*it)).count(),
        };
        for (n, browser) in world.browsers.iter().enumerate() {
            if world.look(&browser.cookies()).await.member {
                oracle.members.insert(n);
            }
            for cookie in browser.cookies() {
                let seen = world.look(&[cookie]).await;
                oracle.issued.extend(seen.id.map(|id| Issued {
                    cookie: cookie.to_owned(),
                    id,
                    proof: seen.member.then(|| world.password.current()),
                    is_cut_off: false,
                    is_over: false,
                }));
            }
        }
        oracle
    }

    /// Notes an event that is about to happen.
    pub(crate) fn note(&mut self, world: &World, event: Event) {
        self.peace.note(world, event);
        if event == Event::Restart {
            self.note_restart(world);
        }
    }

    /// Notes the sessions that are over. A log-in under way, in the application that does not know
    /// of the restart, may join its session.
    fn note_restart(&mut self, world: &World) {
        self.before_restart = world.requests.len();
        let requests = world.requests.iter().enumerate();
        let logging_in = requests.filter(|(_, it)| it.is_under_way() && it.logs_in());
        let joined: BTreeSet<_> = logging_in
            .flat_map(|(party, _)| self.sessions_of(world, party))
            .collect();
        for issued in &mut self.issued {
            issued.is_cut_off = !joined.contains(&issued.id);
        }
    }

    /// Collects the answers, and checks what must be true after each event.
    pub(crate) async fn after_step(&mut self, world: &mut World) -> Result<(), Broken> {
        for party in 0..world.requests.len() {
            if !world.waits(party)
                && let State::UnderWay(task) = &mut world.requests[party].state
            {
                let reply = task.await;
                let reply = reply
                    .map_err(|error| Broken(Rule::NoPanic, format!("request {party}: {error}")))?;
                self.answer(world, party, &reply).await?;
                let state = match world.requests[party].browser {
                    Some(_) => State::Answered(reply),
                    None => State::Delivered,
                };
                world.requests[party].state = state;
            }
        }
        self.the_limit_holds(world).await?;
        self.each_browser_has_one_session(world).await?;
        self.nobody_is_logged_out(world).await?;
        self.no_old_password_counts(world).await?;
        self.no_cut_off_session_is_usable(world).await?;
        self.no_ended_session_is_usable(world).await
    }

    /// Checks an answer, and notes its cookie.
    async fn answer(&mut self, world: &World, party: Party, reply: &Reply) -> Result<(), Broken> {
        self.answered.push(party);
        let answered = Answered {
            world,
            party,
            reply,
            may_fail: self.peace.has_faults(),
            may_be_useless: self.peace.has_damages() || party < self.before_restart,
            may_be_evicted: self.limit.is_some(),
            is_disturbed: self.peace.is_disturbed(party),
        };
        let cookie = cookie_in(reply);
        let seen = match &cookie {
            Some(cookie) => Some(world.look(&[cookie]).await),
            None => None,
        };
        answered.check(seen.as_ref()).await?;
        if reply.is_success() {
            self.ended.extend(reply.ended.iter().copied());
            if answered.has(Action::LogOut) {
                self.ended.extend(self.sessions_of(world, party));
            }
        }
        if let (Some(cookie), Some(id)) = (cookie, seen.and_then(|seen| seen.id)) {
            let proof = reply.proof.or_else(|| self.proof_of(world, party, id));
            self.issued.push(Issued {
                cookie,
                id,
                proof,
                is_cut_off: self.is_cut_off(party, id) && !world.requests[party].logs_in(),
                is_over: false,
            });
        }
        Ok(())
    }

    /// Returns `true` if the request was sent before the last restart, and came with a cookie of
    /// that session.
    fn is_cut_off(&self, party: Party, id: SessionId) -> bool {
        let mut issued = self.issued.iter();
        party < self.before_restart && issued.any(|it| it.is_cut_off && it.id == id)
    }

    /// The cookies with which a request came, as they were issued.
    fn arrived_with<'a>(
        &'a self,
        world: &'a World,
        party: Party,
    ) -> impl Iterator<Item = &'a Issued> {
        let cookies = &world.requests[party].cookies;
        let issued = self.issued.iter();
        issued.filter(move |issued| cookies.contains(&issued.cookie))
    }

    fn sessions_of(&self, world: &World, party: Party) -> BTreeSet<SessionId> {
        self.arrived_with(world, party).map(|it| it.id).collect()
    }

    /// Returns the password that the session was begun with, as its cookie in a request shows it.
    fn proof_of(&self, world: &World, party: Party, id: SessionId) -> Option<u32> {
        let arrived = self.arrived_with(world, party);
        // The browser may have an older cookie of the session for another path.
        let proofs = arrived.filter(|it| it.id == id).map(|it| it.proof);
        proofs.max()?
    }

    async fn the_limit_holds(&self, world: &World) -> Result<(), Broken> {
        let Some(limit) = self.limit.filter(|_| !self.peace.has_faults()) else {
            return Ok(());
        };
        let mut requests = world.requests.iter();
        if requests.any(|it| it.is_under_way() && it.logs_in()) {
            return Ok(());
        }
        let sessions = world.records.of_alice().await.len();
        require(sessions <= limit, Rule::LimitHolds, || {
            format!("{sessions} sessions, and the limit is {limit}")
        })
    }

    async fn each_browser_has_one_session(&self, world: &World) -> Result<(), Broken> {
        if !self.peace.keeps_one_session() {
            return Ok(());
        }
        let (sessions, expected) = (world.records.of_alice().await.len(), self.expected_sessions);
        require(sessions <= expected, Rule::OneBrowserOneSession, || {
            format!("{sessions} sessions instead of {expected}")
        })
    }

    /// Checks each browser that has all its answers.
    async fn nobody_is_logged_out(&self, world: &World) -> Result<(), Broken> {
        if !self.peace.holds() {
            return Ok(());
        }
        for (n, browser) in world.browsers.iter().enumerate() {
            let requests = world.requests.iter();
            let mut own = requests.filter(|request| request.browser == Some(n));
            if own.any(|request| !matches!(request.state, State::Delivered)) {
                continue;
            }
            let is_member = self.members.contains(&n);
            let cookies = browser.cookies();
            if cookies.is_empty() && !is_member {
                continue;
            }
            let seen = world.look(&cookies).await;
            let kept = seen.live && (seen.member || !is_member);
            require(kept, Rule::NobodyIsLoggedOut, || {
                format!("browser {n} finds {seen:?}")
            })?;
        }
        Ok(())
    }

    async fn no_old_password_counts(&self, world: &World) -> Result<(), Broken> {
        let current = world.password.current();
        let old = |issued: &&Issued| !issued.is_over && issued.proof != Some(current);
        for issued in self.issued.iter().filter(old) {
            let seen = world.look(&[&issued.cookie]).await;
            require(!seen.member, Rule::PasswordIsPresent, || {
                let proof = issued.proof;
                format!("a cookie of {proof:?} logs in, and the password is {current}: {seen:?}")
            })?;
        }
        Ok(())
    }

    /// Checks the cookies from before the restart, and those that requests under way got.
    async fn no_cut_off_session_is_usable(&self, world: &World) -> Result<(), Broken> {
        for issued in self.issued.iter().filter(|it| it.is_cut_off && !it.is_over) {
            let seen = world.look(&[&issued.cookie]).await;
            require(seen.is_of_no_use(), Rule::CutOffSessionIsOver, || {
                let id = issued.id;
                format!("the session {id} is from before the restart, and is usable: {seen:?}")
            })?;
        }
        let lists = world.lists_a_cut_off_session().await;
        require(!lists, Rule::CutOffSessionIsOver, || {
            "a session from before the restart is listed".to_owned()
        })
    }

    async fn no_ended_session_is_usable(&mut self, world: &World) -> Result<(), Broken> {
        for id in &self.ended {
            let record = world.records.get(*id).await;
            require(record.is_none(), Rule::EndedSessionIsOver, || {
                format!("the session {id} has ended, and has a record")
            })?;
        }
        for issued in &mut self.issued {
            if issued.is_over || !self.ended.contains(&issued.id) {
                continue;
            }
            let seen = world.look(&[&issued.cookie]).await;
            require(seen.is_of_no_use(), Rule::EndedSessionIsOver, || {
                format!(
                    "the session {} has ended, and is usable: {seen:?}",
                    issued.id
                )
            })?;
            issued.is_over = true;
        }
        Ok(())
    }

    /// Lets a browser receive an answer.
    pub(crate) fn deliver(&mut self, world: &mut World, party: Party) -> Result<(), Broken> {
        let request = &mut world.requests[party];
        let State::Answered(reply) = std::mem::replace(&mut request.state, State::Delivered) else {
            return Ok(());
        };
        let Some(browser) = request.browser else {
            return Ok(());
        };
        let has = |action| request.actions.contains(&action) && reply.is_success();
        let (logs_in, logs_out) = (has(Action::LogIn), has(Action::LogOut));
        self.note_delivery(world, party, browser, logs_in);
        world.browsers[browser].tab.receive(&reply.response);
        let cookie = world.browsers[browser].tab.cookie();
        let issued = self.issued.iter();
        let mut of_browser = issued.filter(|it| Some(&*it.cookie) == cookie);
        let left = of_browser.find(|it| reply.ended.contains(&it.id));
        require(
            !logs_out || left.is_none(),
            Rule::LogOutCleansTheBrowser,
            || format!("browser {browser} has a cookie of the session that it logged out of"),
        )
    }

    /// Notes a log-in. An answer that overtakes another one in the network excuses the browser: no
    /// server can prevent that.
    fn note_delivery(&mut self, world: &World, party: Party, browser: usize, logs_in: bool) {
        let earlier = self.answered.iter().take_while(|it| **it != party);
        let mut earlier = earlier.filter(|it| world.requests[**it].browser == Some(browser));
        if earlier.any(|it| matches!(world.requests[*it].state, State::Answered(_))) {
            self.peace.end();
        } else if logs_in && self.peace.has_one_session_at_log_in() {
            self.members.insert(browser);
        }
    }
}
