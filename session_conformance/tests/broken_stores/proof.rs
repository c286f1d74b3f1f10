use session_conformance::{Fixture, Rule, rules};
use session_memory::InMemorySessionStore;

use crate::fault::{Fault, broken};

/// Defines a test for each broken store: `name: Fault => [the rules that must fail];`.
macro_rules! broken_stores {
    ($($name:ident: $fault:ty => [$($rule:ident),* $(,)?] $(and $others:ident)?;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let exactly = concat!("" $(, stringify!($others))?) == "";
                crate::proof::is_caught_by::<$fault>(&[$(stringify!($rule)),*], exactly).await;
            }
        )*
    };
}
pub(crate) use broken_stores;

/// Groups of rules that depend on a race, or that fail for many faults.
const DEPENDENT_GROUPS: [&str; 11] = [
    "concurrency",
    "bulk_concurrency",
    "cancellation",
    "session_writers",
    "session_endings",
    "session_renewals",
    "session_deadlines",
    "session_late_answers",
    "session_owners",
    "session_parallel",
    "session_recent",
];

/// Requires that the expected rules fail, and no other independent rule if `exactly`.
pub async fn is_caught_by<F: Fault>(expected: &[&str], exactly: bool) {
    let mut caught_by = Vec::new();
    for rule in rules::all() {
        let is_tested = exactly && !DEPENDENT_GROUPS.contains(&rule.group);
        if (is_tested || expected.contains(&rule.name))
            && fails(Fixture::from(broken::<F>()), rule).await
        {
            caught_by.push(rule.name);
        }
    }
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    caught_by.sort_unstable();
    assert_eq!(caught_by, expected);
}

async fn fails(fixture: Fixture, rule: Rule) -> bool {
    let test = tokio::spawn(fixture.check(move |store| rule.test(store)));
    test.await.is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_correct_store_passes_all_rules() {
    for rule in rules::all() {
        let fixture = Fixture::from(InMemorySessionStore::new());
        assert!(!fails(fixture, rule).await, "{rule:?}");
    }
}
