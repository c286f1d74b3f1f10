//! What one request costs, beside `pavex_session`:
//!
//! ```text
//! cargo bench -p benches --bench request
//! ```
//!
//! The two libraries take turns, a thousand requests each, so that whatever else the machine does
//! slows down both. Prints the median times of a request, and the median of the ratios of the turns.

#![allow(missing_docs, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{Work, cookie_of, head, ours, run, theirs};

/// Pairs of turns for each case.
const TURNS: usize = 501;

/// Requests in a turn.
const REQUESTS: u32 = 1_000;

/// What a request does, and the share of `pavex_session`'s time that ours may take.
const CASES: [(&str, Case, f64); 4] = [
    ("untouched", Case::Returning(Work::Untouched), 0.1),
    ("read", Case::Returning(Work::Read), 0.6),
    ("write", Case::Returning(Work::Write), 0.6),
    ("new session", Case::New, 0.7),
];

#[derive(Clone, Copy)]
enum Case {
    /// A browser that has a session.
    Returning(Work),
    /// A visitor without a cookie, to whose session something is written.
    New,
}

/// A function that does a turn in an application of its own.
macro_rules! turns {
    ($library:ident, $case:expr) => {{
        let app = $library::App::new();
        let created = run(app.request(&head(None), Work::Write, 0));
        let returning = head(Some(&format!("a=1; {}; b=2", cookie_of(&created))));
        let visitor = head(None);
        let mut value = 0;
        move || match $case {
            Case::Returning(work) => turn(|| {
                value += 1;
                run(app.request(&returning, work, value))
            }),
            Case::New => {
                let app = $library::App::new();
                turn(|| run(app.request(&visitor, Work::Write, 1)))
            }
        }
    }};
}

/// How long a request takes.
fn turn<T>(mut request: impl FnMut() -> T) -> Duration {
    let begun = Instant::now();
    for _ in 0..REQUESTS {
        black_box(request());
    }
    begun.elapsed() / REQUESTS
}

fn main() {
    println!(
        "{:<12} {:>10} {:>14} {:>7} {:>7}",
        "", "session", "pavex_session", "ratio", "target"
    );
    for (name, case, target) in CASES {
        let mut ours = turns!(ours, case);
        let mut theirs = turns!(theirs, case);
        let turns: Vec<_> = (0..TURNS).map(|_| (ours(), theirs())).collect();
        let median_of = |value: fn(&(Duration, Duration)) -> f64| {
            let mut values: Vec<_> = turns.iter().map(value).collect();
            values.sort_unstable_by(f64::total_cmp);
            values[TURNS / 2]
        };
        println!(
            "{name:<12} {:>7.0} ns {:>11.0} ns {:>7.2} {target:>7.2}",
            median_of(|(ours, _)| ours.as_secs_f64() * 1e9),
            median_of(|(_, theirs)| theirs.as_secs_f64() * 1e9),
            median_of(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()),
        );
    }
}
