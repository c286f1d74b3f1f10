//! The time of one request, compared with `pavex_session`:
//!
//! ```text
//! cargo bench -p benches --bench request
//! ```
//!
//! The two libraries alternate after each thousand requests, so that other work of the machine
//! slows both. Prints the median times of a request, and the median of the ratios.

#![allow(missing_docs, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{Work, cookie_of, head, ours, run, theirs};

/// The number of rounds of each case. Both libraries have a turn in each round.
const ROUNDS: usize = 501;

/// The number of requests in a turn.
const REQUESTS: u32 = 1_000;

/// The kinds of request, with the largest acceptable ratio to the time of `pavex_session`.
const CASES: [(&str, Case, f64); 7] = [
    ("untouched", Case::Returning(Work::Untouched), 0.1),
    ("read", Case::Returning(Work::Read), 0.45),
    ("recent read", Case::Returning(Work::ReadRecent), 0.4),
    ("write", Case::Returning(Work::Write), 0.55),
    ("new session", Case::New, 0.65),
    (
        "read, with client-side state",
        Case::WithClientState(Work::Read),
        0.5,
    ),
    (
        "write, with client-side state",
        Case::WithClientState(Work::Write),
        0.6,
    ),
];

#[derive(Clone, Copy)]
enum Case {
    /// The browser has a session.
    Returning(Work),
    /// The same, with a value in the cookie.
    WithClientState(Work),
    /// The visitor has no cookie, and the request writes to the session.
    New,
}

/// Returns a function that runs a turn in an application of its own.
macro_rules! turns {
    ($library:ident, $case:expr) => {{
        let app = $library::App::new();
        let first = match $case {
            Case::WithClientState(_) => Work::WriteBoth,
            _ => Work::Write,
        };
        let created = run(app.request(&head(None), first, 0));
        let returning = head(Some(&format!("a=1; {}; b=2", cookie_of(&created))));
        let visitor = head(None);
        let mut value = 0;
        move || match $case {
            Case::Returning(work) | Case::WithClientState(work) => turn(|| {
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

/// Returns the mean time of the requests of a turn.
fn turn<T>(mut request: impl FnMut() -> T) -> Duration {
    let begun = Instant::now();
    for _ in 0..REQUESTS {
        black_box(request());
    }
    begun.elapsed() / REQUESTS
}

fn main() {
    println!(
        "{:<30} {:>10} {:>14} {:>7} {:>7}",
        "", "session", "pavex_session", "ratio", "target"
    );
    for (name, case, target) in CASES {
        let mut ours = turns!(ours, case);
        let mut theirs = turns!(theirs, case);
        let turns: Vec<_> = (0..ROUNDS).map(|_| (ours(), theirs())).collect();
        let median_of = |value: fn(&(Duration, Duration)) -> f64| {
            let mut values: Vec<_> = turns.iter().map(value).collect();
            values.sort_unstable_by(f64::total_cmp);
            values[ROUNDS / 2]
        };
        println!(
            "{name:<30} {:>7.0} ns {:>11.0} ns {:>7.2} {target:>7.2}",
            median_of(|(ours, _)| ours.as_secs_f64() * 1e9),
            median_of(|(_, theirs)| theirs.as_secs_f64() * 1e9),
            median_of(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()),
        );
    }
}
