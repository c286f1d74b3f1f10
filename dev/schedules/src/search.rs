//! All orders of a small script, and random orders of random scripts.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;

use session::store::SessionStorageBackend;
use session_memory::InMemorySessionStore;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::run::{Chooser, Violation, run};
use crate::script::Script;
use crate::shrink::shrink;
use crate::source::{Draw, Listed, Source, runtime};

/// The size of a search that goes through all orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The number of orders, each from the beginning to the end of the script.
    pub orders: usize,
    /// The number of states in which an event was chosen. A state is one history of events.
    pub states: usize,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.orders += other.orders;
        self.states += other.states;
    }
}

/// Goes through all orders of a script.
///
/// # Errors
///
/// Returns the first [`Violation`].
pub fn exhaust(script: &Script) -> Result<Size, Violation> {
    let runtime = runtime();
    let mut path = Path::default();
    let mut orders = 0;
    loop {
        let backend = Arc::new(InMemorySessionStore::new());
        runtime.block_on(run(script, backend, &mut path))?;
        orders += 1;
        if !path.advance() {
            let states = path.states;
            return Ok(Size { orders, states });
        }
    }
}

/// A path through the tree of choices, each with the number of alternatives.
#[derive(Default)]
struct Path {
    choices: Vec<(usize, usize)>,
    taken: usize,
    /// The number of choices so far.
    states: usize,
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
            self.states += 1;
        }
        self.taken += 1;
        self.choices[self.taken - 1].0
    }
}

/// Runs that number of random scripts in random orders, all of which follow from the seed.
///
/// # Errors
///
/// Returns the first run that fails, shortened.
pub fn search(runs: u32, seed: u64) -> Result<(), Box<Failure>> {
    let mut source = Source::new(seed);
    for run in 1..=runs {
        let (script, choices) = (source.draw.script(), source.draw.choices());
        if let Err(violation) = source.attempt(&script, &choices) {
            let (script, violation) = shrink(&mut source, script, choices, violation.rule);
            return Err(Box::new(Failure {
                seed,
                run,
                script,
                violation,
            }));
        }
    }
    Ok(())
}

/// The environment variable with the number of runs over a store.
const RUNS: &str = "SEARCH_RUNS";

/// The environment variable with their seed.
const SEED: &str = "SEARCH_SEED";

/// Runs random scripts over a store without records, and leaves it so: fifty from the seed 1,
/// or the numbers that `cargo xtask search --store` has put into the environment.
///
/// # Panics
///
/// Panics at the first run that fails, if the environment has something else than a number, and on
/// a runtime of several threads.
pub async fn search_store(backend: impl SessionStorageBackend) {
    let number = |variable: &str| {
        let text = std::env::var(variable).ok()?;
        let number = text.parse::<u32>();
        Some(number.unwrap_or_else(|_| panic!("`{variable}` is `{text}`, which is not a number")))
    };
    let (runs, seed) = (number(RUNS).unwrap_or(50), number(SEED).unwrap_or(1));
    eprintln!("{runs} runs, from the seed {seed}");
    if let Err(failure) = search_on(Arc::new(backend), runs, u64::from(seed)).await {
        panic!("{failure}");
    }
}

/// Runs that number of random scripts over a store without records, and leaves it so.
///
/// # Errors
///
/// Returns the first run that fails, as it was.
///
/// # Panics
///
/// Panics on a runtime of several threads, on which a dropped request goes on while others stop.
pub async fn search_on(
    backend: Arc<dyn SessionStorageBackend>,
    runs: u32,
    seed: u64,
) -> Result<(), Box<Failure>> {
    let flavor = Handle::current().runtime_flavor();
    assert_eq!(
        flavor,
        RuntimeFlavor::CurrentThread,
        "the runtime has several threads"
    );
    let mut draw = Draw::new(seed);
    for n in 1..=runs {
        let (script, choices) = (draw.script(), draw.choices());
        let outcome = run(&script, backend.clone(), &mut Listed(choices.iter())).await;
        outcome.map_err(|violation| Failure {
            seed,
            run: n,
            script,
            violation,
        })?;
    }
    Ok(())
}

/// A run that breaks a promise, after everything without which it fails too was left out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The seed of the search.
    pub seed: u64,
    /// The number of runs until the promise was broken.
    pub run: u32,
    /// The script of the shortest run.
    pub script: Script,
    /// The broken promise, and the events before it.
    pub violation: Violation,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, run, .. } = self;
        let (rule, events) = (self.violation.rule, self.violation.story.len());
        writeln!(
            f,
            "found in run {run} of seed {seed}: {rule:?}, {events} events"
        )?;
        write!(f, "{:?}\n{}", self.script, self.violation)
    }
}
