//! The conditions under which the promises hold that somebody's action can end.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::event::Event;
use crate::gate::{Party, Verdict};
use crate::script::{Action, Arrival, Script};
use crate::world::World;

/// The longest step of the clock that no promise depends on; it is within the grace period.
const MOMENT: Duration = Duration::from_secs(1);

/// The events so far that excuse the end of a session.
pub(crate) struct Peace {
    holds: bool,
    has_faults: bool,
    has_damages: bool,
    has_strangers: bool,
    has_renewals: bool,
    /// The browsers of all log-ins so far.
    log_ins: Vec<usize>,
    disturbed: BTreeSet<Party>,
}

impl Peace {
    pub(crate) fn new(script: &Script) -> Self {
        let mut browsers = script.browsers.iter();
        Self {
            // At the limit, a log-in ends another session.
            holds: script.settings.limit.is_none(),
            has_faults: false,
            has_damages: false,
            has_strangers: browsers.any(|it| it.arrival == Arrival::Stranger),
            has_renewals: false,
            log_ins: Vec::new(),
            disturbed: BTreeSet::new(),
        }
    }

    /// Returns `true` if nothing has happened that may end a session.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Returns `true` if each browser has one session, whatever the order of the requests.
    ///
    /// Requests without a cookie have nothing in common, so a stranger may get two sessions. A
    /// log-in can join only the one before it.
    pub(crate) fn keeps_one_session(&self) -> bool {
        let log_ins = |browser| self.log_ins.iter().filter(|it| **it == browser).count();
        let joins = self.log_ins.iter().all(|browser| log_ins(*browser) <= 2);
        self.holds && !self.has_strangers && !self.has_renewals && joins
    }

    /// Returns `true` if a log-in goes on with the session of the browser.
    ///
    /// Requests of a stranger have nothing in common, and neither have a log-in and a request that
    /// has just replaced the secret on demand. The answer to the other request may then set the
    /// cookie of a session that belongs to nobody.
    pub(crate) fn has_one_session_at_log_in(&self) -> bool {
        !self.has_strangers && !self.has_renewals
    }

    pub(crate) fn has_faults(&self) -> bool {
        self.has_faults
    }

    pub(crate) fn has_damages(&self) -> bool {
        self.has_damages
    }

    /// Returns `true` if something happened during the request that may end its session.
    pub(crate) fn is_disturbed(&self, party: Party) -> bool {
        self.disturbed.contains(&party)
    }

    pub(crate) fn end(&mut self) {
        self.holds = false;
    }

    pub(crate) fn note(&mut self, world: &World, event: Event) {
        self.has_damages |= matches!(event, Event::Damage(_));
        match event {
            Event::Send(browser) => self.note_request(world, browser),
            Event::Release(_, Verdict::Go) | Event::Deliver(_) => {}
            Event::Release(..) | Event::Drop(_) => {
                self.has_faults = true;
                self.end();
            }
            Event::Advance(step) if step <= MOMENT => {}
            Event::RevokeAll
            | Event::Purge
            | Event::Restart
            | Event::ChangePassword
            | Event::Damage(_)
            | Event::Advance(_) => {
                self.end();
                self.disturb_all(world);
            }
        }
    }

    fn note_request(&mut self, world: &World, browser: usize) {
        let actions = world.browsers[browser].unsent.last();
        let actions = actions.map(Vec::as_slice).unwrap_or_default();
        for action in actions {
            self.holds &= !action.ends_sessions();
            self.has_renewals |= *action == Action::Renew;
            if *action == Action::LogIn {
                self.log_ins.push(browser);
            }
        }
        let mut requests = world.requests.iter();
        if requests.any(|it| it.is_under_way() && it.changes_identity()) {
            self.disturbed.insert(world.requests.len());
        }
        if actions.iter().any(|action| action.changes_identity()) {
            self.disturb_all(world);
        }
    }

    fn disturb_all(&mut self, world: &World) {
        let requests = world.requests.iter().enumerate();
        let under_way = requests.filter(|(_, request)| request.is_under_way());
        self.disturbed.extend(under_way.map(|(party, _)| party));
    }
}
