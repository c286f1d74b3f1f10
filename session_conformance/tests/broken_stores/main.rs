//! The suite proves itself: each of these stores has one fault, and the rules about it tell.
//!
//! A store is held to all rules of the contract that are decided without a race, and exactly the rules
//! listed beside it must fail. Rules about races and whole sessions are tested where they are
//! listed. A fault that breaks very much is listed with the rules that it breaks first (`and more`).

#![allow(clippy::unwrap_used)]

/// One test for each broken store: `name: Fault => [the rules that must fail];`.
macro_rules! broken_stores {
    ($($name:ident: $fault:ty => [$($rule:ident),* $(,)?] $(and $others:ident)?;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let only = concat!("" $(, stringify!($others))?) == "";
                crate::is_caught_by::<$fault>(&[$(stringify!($rule)),*], only).await;
            }
        )*
    };
}

mod caught;
mod fault;
mod names;
mod sweeps;
mod touches;
mod values;
mod writes;

use fault::{Broken, Fault};
use session_conformance::{Fixture, Rule, rules};
use writes::Faultless;

/// Groups of rules that depend on a race, or in which one fault has many consequences.
const CONSEQUENCES: [&str; 8] = [
    "concurrency",
    "cancellation",
    "session_writers",
    "session_endings",
    "session_renewals",
    "session_deadlines",
    "session_owners",
    "session_parallel",
];

async fn fails<F: Fault>(rule: Rule) -> bool {
    let fixture = Fixture::from(Broken::<F>::default());
    let test = tokio::spawn(fixture.check(move |store| rule.test(store)));
    test.await.is_err()
}

/// Requires that exactly these rules fail; if not `only` these, that at least these fail.
async fn is_caught_by<F: Fault>(expected: &[&str], only: bool) {
    let mut caught_by = Vec::new();
    for rule in rules::all() {
        let of_interest = only && !CONSEQUENCES.contains(&rule.group);
        if (of_interest || expected.contains(&rule.name)) && fails::<F>(rule).await {
            caught_by.push(rule.name);
        }
    }
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    caught_by.sort_unstable();
    assert_eq!(caught_by, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_correct_store_passes_all_rules() {
    for rule in rules::all() {
        assert!(!fails::<Faultless>(rule).await, "{rule:?}");
    }
}
