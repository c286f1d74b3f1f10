//! `cargo bench -p benches --bench request`: times, and at the end their ratios with the targets.

#![allow(missing_docs, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use benches::{Work, cookie_of, head, ours, run, theirs};
use criterion::{BatchSize, Criterion};

/// The case, and the share of `pavex_session`'s time that ours may take.
const TARGETS: [(&str, f64); 4] = [
    ("untouched", 0.1),
    ("read", 0.6),
    ("write", 0.6),
    ("new session", 0.7),
];

/// The same measurement for both libraries.
macro_rules! measure {
    ($criterion:expr, $library:ident) => {{
        let library = stringify!($library);
        let app = $library::App::new();
        let created = run(app.request(&head(None), Work::Write, 0));
        let returning = head(Some(&format!("a=1; {}; b=2", cookie_of(&created))));
        for (case, work) in [
            ("untouched", Work::Untouched),
            ("read", Work::Read),
            ("write", Work::Write),
        ] {
            let mut value = 0;
            $criterion
                .benchmark_group(case)
                .bench_function(library, |bencher| {
                    bencher.iter(|| {
                        value += 1;
                        run(app.request(&returning, work, value))
                    });
                });
        }
        let visitor = head(None);
        $criterion
            .benchmark_group("new session")
            .bench_function(library, |bencher| {
                bencher.iter_batched_ref(
                    $library::App::new,
                    |app| run(app.request(&visitor, Work::Write, 1)),
                    BatchSize::SmallInput,
                );
            });
    }};
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    measure!(criterion, ours);
    measure!(criterion, theirs);
    criterion.final_summary();
    report();
}

/// Prints the ratios of the medians, where both libraries were measured.
fn report() {
    println!(
        "{:<12} {:>10} {:>14} {:>7} {:>7}",
        "", "session", "pavex_session", "ratio", "target"
    );
    for (case, target) in TARGETS {
        let (Some(ours), Some(theirs)) = (median(case, "ours"), median(case, "theirs")) else {
            continue;
        };
        println!(
            "{case:<12} {ours:>7.0} ns {theirs:>11.0} ns {:>7.2} {target:>7.2}",
            ours / theirs
        );
    }
}

/// The median time in nanoseconds that the last run wrote down.
fn median(case: &str, library: &str) -> Option<f64> {
    let folder = target_folder().join("criterion").join(case).join(library);
    let json = std::fs::read_to_string(folder.join("new/estimates.json")).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&json).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
    }
}
