//! Searches for orders of events in which the library breaks a promise; see the crate's library.
//!
//! `cargo run --release -p schedules -- [RUNS] [SEED]`

#![allow(clippy::print_stdout, reason = "it reports to a terminal")]

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::Context;
use schedules::search;

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str, default: u64| match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{name} is `{text}`")),
        None => Ok(default),
    };
    let runs = number("the number of runs", 1_000_000)?;
    let seed = number("the seed", 1)?;
    let threads = thread::available_parallelism()?.get() as u64;
    let runs_per_thread = u32::try_from(runs.div_ceil(threads)).context("too many runs")?;
    println!("{runs} runs on {threads} threads, from the seed {seed}");
    let begun = Instant::now();
    let outcomes: Vec<_> = thread::scope(|scope| {
        let searches = (0..threads).map(|thread| {
            let seed = seed.wrapping_mul(1_000).wrapping_add(thread);
            scope.spawn(move || search(runs_per_thread, seed))
        });
        let searches: Vec<_> = searches.collect();
        searches.into_iter().map(|it| it.join()).collect()
    });
    println!("finished after {:.0?}", begun.elapsed());
    let mut code = ExitCode::SUCCESS;
    for outcome in outcomes {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                println!("\n{failure}");
                code = ExitCode::FAILURE;
            }
            Err(_) => anyhow::bail!("a search panicked"),
        }
    }
    Ok(code)
}
