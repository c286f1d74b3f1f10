//! One run of a script: at each step, a chooser picks one of the events that are possible.

use std::fmt;
use std::time::Duration;

use crate::gate::{Party, Point, Verdict};
use crate::oracle::Oracle;
use crate::script::Script;
use crate::world::{State, World};

/// Picks one of several events.
pub trait Chooser {
    /// Returns a number below `events`, which is at least 1.
    fn choose(&mut self, events: usize) -> usize;
}

/// Something that happens next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    /// A browser sends its next request.
    Send(usize),
    /// The administrator begins to end all sessions of the principal.
    RevokeAll,
    /// A request that waits goes on.
    Release(Party, Verdict),
    /// A browser receives an answer.
    Deliver(Party),
    /// A client hangs up, or an answer is lost on the way.
    Drop(Party),
    /// The clock moves.
    Advance(Duration),
}

/// A broken promise, with the events that led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The promise, and how it was broken.
    pub promise: String,
    /// The events in their order, one per line.
    pub story: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, line) in self.story.iter().enumerate() {
            writeln!(f, "{:3}. {line}", n + 1)?;
        }
        write!(f, "     {}", self.promise)
    }
}

struct Run {
    world: World,
    oracle: Oracle,
    revocations: usize,
    faults: usize,
    clock_steps: usize,
    story: Vec<String>,
}

/// Runs a script to its end.
///
/// # Errors
///
/// Returns the first [`Violation`].
pub async fn run(script: &Script, chooser: &mut dyn Chooser) -> Result<(), Violation> {
    let mut run = Run::new(script).await;
    let outcome = run.play(chooser).await;
    outcome.map_err(|promise| Violation {
        promise,
        story: run.story,
    })
}

/// The clock's steps: within the grace period, past it, and past the renewal and the extension.
const STEPS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(45),
    Duration::from_secs(6 * 60 * 60),
];

impl Run {
    async fn new(script: &Script) -> Self {
        let world = World::new(script).await;
        Self {
            oracle: Oracle::new(script, &world).await,
            world,
            revocations: script.revocations,
            faults: script.faults,
            clock_steps: script.clock_steps,
            story: Vec::new(),
        }
    }

    async fn play(&mut self, chooser: &mut dyn Chooser) -> Result<(), String> {
        loop {
            let events = self.events();
            if events
                .iter()
                .all(|event| matches!(event, Event::Advance(_)))
            {
                return Ok(());
            }
            let event = events[chooser.choose(events.len())];
            self.story.push(self.describe(event));
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
        if self.revocations > 0 {
            events.push(Event::RevokeAll);
        }
        if self.clock_steps > 0 {
            events.extend(STEPS.map(Event::Advance));
        }
        if self.faults > 0 {
            events.extend(self.faults(&waiting));
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

    async fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Send(browser) => self.world.send(browser),
            Event::RevokeAll => {
                self.revocations -= 1;
                self.world.revoke_all();
            }
            Event::Release(party, verdict) => {
                if verdict != Verdict::Go {
                    self.faults -= 1;
                }
                self.world.gate.release(party, verdict);
            }
            Event::Deliver(party) => self.oracle.deliver(&mut self.world, party).await?,
            Event::Drop(party) => {
                self.faults -= 1;
                self.world.drop_request(party);
            }
            Event::Advance(step) => {
                self.clock_steps -= 1;
                self.world.app.clock.advance(step);
            }
        }
        self.world.settle().await;
        self.oracle.after_step(&mut self.world).await
    }

    fn describe(&self, event: Event) -> String {
        let request = |party: Party| {
            let browser = self.world.requests[party].browser;
            let sender = browser.map_or("the administrator's request".to_owned(), |browser| {
                format!("request {party} of browser {browser}")
            });
            let waiting = self.world.gate.waiting();
            let point = waiting.into_iter().find(|(waits, _)| *waits == party);
            match point {
                Some((_, Point::Store(operation))) => format!("{sender}, store `{operation}`"),
                Some((_, Point::Handler(step))) => format!("{sender}, {step}"),
                None => sender,
            }
        };
        match event {
            Event::Send(browser) => {
                let party = self.world.requests.len();
                let actions = self.world.browsers[browser].unsent.last();
                let actions: Vec<_> = actions
                    .into_iter()
                    .flatten()
                    .map(|action| action.name())
                    .collect();
                format!(
                    "browser {browser} sends request {party}: {}",
                    actions.join(", ")
                )
            }
            Event::RevokeAll => "the administrator ends all sessions".to_owned(),
            Event::Release(party, Verdict::Go) => request(party),
            Event::Release(party, Verdict::Fail) => format!("{} fails", request(party)),
            Event::Release(party, Verdict::LoseAnswer) => {
                format!("{}, whose answer is lost", request(party))
            }
            Event::Deliver(party) => format!("{}: the answer arrives", request(party)),
            Event::Drop(party) => format!("{}: the client hangs up", request(party)),
            Event::Advance(step) => format!("{} seconds pass", step.as_secs()),
        }
    }
}
