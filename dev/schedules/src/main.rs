//! Searches for orders of events in which the library breaks a promise; see the crate's library.
//!
//! `cargo xtask search [RUNS] [SEED]` runs it. The exit code is 1 if a promise is broken.

#![allow(clippy::print_stdout, reason = "it reports to a terminal")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use schedules::{Failure, search};

/// The number of runs that follow from one seed.
const BATCH: u64 = 10_000;

fn main() -> ExitCode {
    match find() {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(failure)) => {
            println!("{failure}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn find() -> anyhow::Result<Option<Box<Failure>>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str, default: u64| match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{name} is `{text}`")),
        None => Ok(default),
    };
    let runs = number("the number of runs", 1_000_000)?;
    let seed = number("the seed", 1)?;
    let threads = thread::available_parallelism()?.get();
    println!("{runs} runs on {threads} threads, from the seed {seed}");
    let begun = Instant::now();
    let batches = Batches {
        runs,
        seed,
        begun: AtomicU64::new(0),
    };
    let failure = batches.run(threads);
    println!("finished after {:.0?}", begun.elapsed());
    failure
}

/// The runs, in batches that each have a seed of their own.
struct Batches {
    runs: u64,
    seed: u64,
    /// The number of runs that some thread has begun.
    begun: AtomicU64,
}

impl Batches {
    /// Returns the first failure, by seed, of those that were found before the threads stopped.
    fn run(&self, threads: usize) -> anyhow::Result<Option<Box<Failure>>> {
        let found: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work())).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        let mut first: Option<Box<Failure>> = None;
        for failure in found {
            let Ok(failure) = failure else {
                bail!("a search panicked");
            };
            let earlier = |it: &Failure| first.as_ref().is_none_or(|first| it.seed < first.seed);
            if failure.as_deref().is_some_and(earlier) {
                first = failure;
            }
        }
        Ok(first)
    }

    fn work(&self) -> Option<Box<Failure>> {
        loop {
            let begun = self.begun.fetch_add(BATCH, Ordering::SeqCst);
            let left = self.runs.saturating_sub(begun).min(BATCH);
            if left == 0 {
                return None;
            }
            let seed = self.seed.wrapping_add(begun / BATCH);
            if let Err(failure) = search(u32::try_from(left).unwrap_or(u32::MAX), seed) {
                // Nobody begins another batch.
                self.begun.store(self.runs, Ordering::SeqCst);
                return Some(failure);
            }
        }
    }
}
