//! One run of a script: at each step, a chooser picks one of the events that are possible.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session::store::SessionStorageBackend;

use crate::event::Event;
use crate::gate::{Party, Point, Verdict};
use crate::oracle::Oracle;
use crate::rules::{Broken, Rule};
use crate::script::{Events, Script};
use crate::world::{State, World};

/// Picks one of several events.
pub trait Chooser {
    /// Returns a number below `events`, which is at least 1.
    fn choose(&mut self, events: usize) -> usize;
}

/// A broken promise, with the events that led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The promise.
    pub rule: Rule,
    /// The way in which it was broken.
    pub detail: String,
    /// The events in their order, one per line.
    pub story: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, line) in self.story.iter().enumerate() {
            writeln!(f, "{:3}. {line}", n + 1)?;
        }
        write!(f, "     {}", self.detail)?;
        write!(f, "\nbroken: {}", self.rule)
    }
}

struct Run {
    world: World,
    oracle: Oracle,
    left: Events,
    story: Vec<String>,
}

/// Runs a script to its end, over a store without records, and leaves it so.
///
/// # Errors
///
/// Returns the first [`Violation`].
pub async fn run(
    script: &Script,
    backend: Arc<dyn SessionStorageBackend>,
    chooser: &mut (dyn Chooser + Send),
) -> Result<(), Violation> {
    let mut run = Run::new(script, backend).await;
    let outcome = run.play(chooser).await;
    run.world.records.clear().await;
    outcome.map_err(|Broken(rule, detail)| Violation {
        rule,
        detail,
        story: run.story,
    })
}

/// The clock's steps: within the grace period, past it, and past the renewal and the extension.
const STEPS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(45),
    Duration::from_secs(6 * 60 * 60),
];

/// The time that each event takes, so that no two of them happen at once.
const TICK: Duration = Duration::from_millis(1);

impl Run {
    async fn new(script: &Script, backend: Arc<dyn SessionStorageBackend>) -> Self {
        let world = World::new(script, backend).await;
        Self {
            oracle: Oracle::new(script, &world).await,
            world,
            left: script.events.clone(),
            story: Vec::new(),
        }
    }

    async fn play(&mut self, chooser: &mut (dyn Chooser + Send)) -> Result<(), Broken> {
        loop {
            let events = self.events();
            if events.iter().all(Event::is_only_of_the_world) {
                return Ok(());
            }
            let event = events[chooser.choose(events.len())];
            self.story.push(event.describe(&self.world));
            self.oracle.note(&self.world, event);
            self.happen(event).await?;
        }
    }

    /// Returns the possible events. The first one goes on with the oldest request.
    fn events(&self) -> Vec<Event> {
        let waiting = self.world.gate.waiting();
        let mut events: Vec<_> = waiting
            .iter()
            .map(|(party, _)| Event::Release(*party, Verdict::Go))
            .collect();
        for (party, request) in self.world.requests.iter().enumerate() {
            if matches!(request.state, State::Answered(_)) {
                events.push(Event::Deliver(party));
            }
        }
        for (browser, it) in self.world.browsers.iter().enumerate() {
            if !it.unsent.is_empty() {
                events.push(Event::Send(browser));
            }
        }
        events.extend(self.events_of_the_world());
        if self.left.faults > 0 {
            events.extend(self.faults(&waiting));
        }
        events
    }

    /// Returns the possible events that no request causes.
    fn events_of_the_world(&self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.left.revocations > 0 {
            events.push(Event::RevokeAll);
        }
        if self.left.purges > 0 {
            events.push(Event::Purge);
        }
        if self.left.restarts > 0 {
            events.push(Event::Restart);
        }
        if self.left.password_changes > 0 {
            events.push(Event::ChangePassword);
        }
        if self.left.damages > 0 {
            events.extend((0..self.world.browsers.len()).map(Event::Damage));
        }
        if self.left.clock_steps > 0 {
            events.extend(STEPS.map(Event::Advance));
        }
        events
    }

    fn faults(&self, waiting: &[(Party, Point)]) -> Vec<Event> {
        let mut faults = Vec::new();
        for (party, point) in waiting {
            if matches!(point, Point::Store(_)) {
                faults.push(Event::Release(*party, Verdict::Fail));
                faults.push(Event::Release(*party, Verdict::LoseAnswer));
            }
        }
        for (party, request) in self.world.requests.iter().enumerate() {
            let can_drop = matches!(request.state, State::UnderWay(_) | State::Answered(_));
            if can_drop && request.browser.is_some() {
                faults.push(Event::Drop(party));
            }
        }
        faults
    }

    async fn happen(&mut self, event: Event) -> Result<(), Broken> {
        let left = self.left.of(event);
        if let Some(left) = left {
            *left -= 1;
        }
        match event {
            Event::Send(browser) => self.world.send(browser),
            Event::RevokeAll => self.world.revoke_all(),
            Event::Purge => self.world.purge(),
            Event::Restart => self.world.restart(),
            Event::ChangePassword => self.world.password.change(),
            Event::Damage(browser) => self.world.damage(browser).await,
            Event::Release(party, verdict) => self.world.gate.release(party, verdict),
            Event::Deliver(party) => self.oracle.deliver(&mut self.world, party)?,
            Event::Drop(party) => self.world.drop_request(party).await,
            Event::Advance(step) => self.world.app.clock.advance(step),
        }
        self.world.app.clock.advance(TICK);
        self.world.gate.settle().await;
        self.oracle.after_step(&mut self.world).await
    }
}

impl Events {
    /// Returns the number of times that the event may still happen, if that is limited.
    fn of(&mut self, event: Event) -> Option<&mut usize> {
        match event {
            Event::RevokeAll => Some(&mut self.revocations),
            Event::Purge => Some(&mut self.purges),
            Event::Restart => Some(&mut self.restarts),
            Event::ChangePassword => Some(&mut self.password_changes),
            Event::Damage(_) => Some(&mut self.damages),
            Event::Advance(_) => Some(&mut self.clock_steps),
            Event::Release(_, Verdict::Fail | Verdict::LoseAnswer) | Event::Drop(_) => {
                Some(&mut self.faults)
            }
            Event::Send(_) | Event::Deliver(_) | Event::Release(_, Verdict::Go) => None,
        }
    }
}
