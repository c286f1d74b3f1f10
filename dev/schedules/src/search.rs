//! All orders of a small script, and random orders of random scripts.

use std::fmt;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::run::{Chooser, Violation, run};
use crate::script::{Action, Arrival, BrowserScript, Script};
use crate::shrink::shrink;

/// Goes through all orders of a script. Returns their number.
///
/// # Errors
///
/// Returns the first [`Violation`].
pub fn exhaust(script: &Script) -> Result<usize, Violation> {
    let runtime = runtime();
    let mut path = Path::default();
    let mut orders = 0;
    loop {
        runtime.block_on(run(script, &mut path))?;
        orders += 1;
        if !path.advance() {
            return Ok(orders);
        }
    }
}

/// A path through the tree of choices, each with the number of alternatives.
#[derive(Default)]
struct Path {
    choices: Vec<(usize, usize)>,
    taken: usize,
}

impl Path {
    /// Goes to the next path, in the order of a depth-first search. Returns `false` after the last.
    fn advance(&mut self) -> bool {
        self.taken = 0;
        while let Some((choice, alternatives)) = self.choices.pop() {
            if choice + 1 < alternatives {
                self.choices.push((choice + 1, alternatives));
                return true;
            }
        }
        false
    }
}

impl Chooser for Path {
    fn choose(&mut self, events: usize) -> usize {
        if self.taken == self.choices.len() {
            self.choices.push((0, events));
        }
        self.taken += 1;
        self.choices[self.taken - 1].0
    }
}

/// Choices made beforehand. When they are used up, the oldest request goes on.
struct Listed<'a>(std::slice::Iter<'a, u8>);

impl Chooser for Listed<'_> {
    fn choose(&mut self, events: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % events
    }
}

/// The size of a random search.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Search {
    /// The number of runs.
    pub runs: u32,
    /// The seed, from which all runs follow.
    pub seed: u64,
}

impl Search {
    /// Creates a search.
    pub fn new(runs: u32, seed: u64) -> Self {
        Self { runs, seed }
    }
}

/// A run that breaks a promise, as short as the search could make it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The script of the run.
    pub script: Script,
    /// The broken promise, and the events before it.
    pub violation: Violation,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}", self.script, self.violation)
    }
}

/// Runs random scripts in random orders.
///
/// # Errors
///
/// Returns the first run that fails, shortened.
pub fn search(search: Search) -> Result<(), Failure> {
    let mut source = Source::new(search.seed);
    for _ in 0..search.runs {
        let (script, choices) = (source.script(), source.choices());
        if source.attempt(&script, &choices).is_err() {
            return Err(shrink(&mut source, script, choices));
        }
    }
    Ok(())
}

/// Draws scripts and choices, and runs them.
pub(crate) struct Source {
    runner: TestRunner,
    runtime: tokio::runtime::Runtime,
}

impl Source {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            runner: TestRunner::new_with_rng(Config::default(), rng),
            runtime: runtime(),
        }
    }

    fn script(&mut self) -> Script {
        self.draw(scripts())
    }

    pub(crate) fn choices(&mut self) -> Vec<u8> {
        self.draw(vec(any::<u8>(), 0..80))
    }

    fn draw<S: Strategy>(&mut self, strategy: S) -> S::Value {
        let tree = strategy.new_tree(&mut self.runner);
        tree.expect("no strategy here rejects a value").current()
    }

    pub(crate) fn attempt(&self, script: &Script, choices: &[u8]) -> Result<(), Violation> {
        self.runtime
            .block_on(run(script, &mut Listed(choices.iter())))
    }
}

fn scripts() -> impl Strategy<Value = Script> {
    (
        vec(browsers(), 1..=2),
        select(vec![0, 0, 1]),
        select(vec![None, Some(Duration::from_secs(60 * 60))]),
        0..=2_usize,
        0..=3_usize,
    )
        .prop_map(
            |(browsers, revocations, renew_every, faults, clock_steps)| Script {
                browsers,
                revocations,
                renew_every,
                faults,
                clock_steps,
            },
        )
}

fn browsers() -> impl Strategy<Value = BrowserScript> {
    let arrivals = vec![Arrival::Stranger, Arrival::Visitor, Arrival::Member];
    let action = select(Action::ALL.to_vec());
    (select(arrivals), vec(vec(action, 1..=2), 1..=3))
        .prop_map(|(arrival, requests)| BrowserScript { arrival, requests })
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime can be started")
}
