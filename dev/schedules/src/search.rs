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

/// Runs that number of random scripts in random orders, all of which follow from the seed.
///
/// # Errors
///
/// Returns the first run that fails, shortened.
pub fn search(runs: u32, seed: u64) -> Result<(), Failure> {
    let mut source = Source::new(seed);
    for _ in 0..runs {
        let (script, choices) = (source.script(), source.choices());
        if source.attempt(&script, &choices).is_err() {
            return Err(shrink(&mut source, script, choices));
        }
    }
    Ok(())
}
