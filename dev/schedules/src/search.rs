//! All orders of a small script, and random orders of random scripts.

use crate::run::{Chooser, Violation, run};
use crate::script::Script;
use crate::shrink::{Failure, shrink};
use crate::source::{Source, runtime};

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
