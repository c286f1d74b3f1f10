//! Random scripts and choices, and the runs that follow from them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use session_memory::InMemorySessionStore;

use crate::run::{Chooser, Violation, run};
use crate::script::{Action, Arrival, BrowserScript, Events, Script, Settings};

/// Draws scripts and choices.
pub(crate) struct Draw(TestRunner);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    pub(crate) fn script(&mut self) -> Script {
        self.draw(scripts())
    }

    pub(crate) fn choices(&mut self) -> Vec<u8> {
        self.draw(vec(any::<u8>(), 0..80))
    }

    fn draw<S: Strategy>(&mut self, strategy: S) -> S::Value {
        let tree = strategy.new_tree(&mut self.0);
        tree.expect("no strategy here rejects a value").current()
    }
}

/// Draws scripts and choices, and runs them over the store in memory.
pub(crate) struct Source {
    pub(crate) draw: Draw,
    runtime: tokio::runtime::Runtime,
}

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            draw: Draw::new(seed),
            runtime: runtime(),
        }
    }

    pub(crate) fn attempt(&self, script: &Script, choices: &[u8]) -> Result<(), Violation> {
        let backend = Arc::new(InMemorySessionStore::new());
        let mut choices = Listed(choices.iter());
        self.runtime.block_on(run(script, backend, &mut choices))
    }
}

fn scripts() -> impl Strategy<Value = Script> {
    let events = prop_oneof![Just(Events::default()), events()];
    (vec(browsers(), 1..=2), settings(), events).prop_map(|(browsers, settings, events)| Script {
        browsers,
        settings,
        events,
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let hour = Duration::from_secs(60 * 60);
    let limits = vec![None, None, None, None, Some(1), Some(2)];
    (
        select(vec![None, None, Some(hour)]),
        select(limits),
        any::<bool>(),
        select(vec![false, false, true]),
    )
        .prop_map(
            |(renew_every, limit, refuses_at_limit, revokes_on_reuse)| Settings {
                renew_every,
                limit: limit.and_then(NonZeroUsize::new),
                refuses_at_limit: refuses_at_limit && limit.is_some(),
                revokes_on_reuse,
            },
        )
}

fn events() -> impl Strategy<Value = Events> {
    let rarely = || select(vec![0, 0, 0, 0, 1]);
    (
        rarely(),
        rarely(),
        rarely(),
        rarely(),
        rarely(),
        0..=2_usize,
        0..=3_usize,
    )
        .prop_map(
            |(revocations, purges, restarts, password_changes, damages, faults, clock_steps)| {
                Events {
                    revocations,
                    purges,
                    restarts,
                    password_changes,
                    damages,
                    faults,
                    clock_steps,
                }
            },
        )
}

fn browsers() -> impl Strategy<Value = BrowserScript> {
    let arrivals = prop_oneof![
        4 => select(vec![Arrival::Stranger, Arrival::Visitor, Arrival::Member]),
        1 => select(vec![Arrival::MemberWithDeadCookie, Arrival::MemberTwice]),
    ];
    let action = select(Action::ALL.to_vec());
    (arrivals, vec(vec(action, 1..=2), 1..=3))
        .prop_map(|(arrival, requests)| BrowserScript { arrival, requests })
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    runtime.expect("a runtime can be started")
}

/// Choices made beforehand. When they are used up, the oldest request goes on.
pub(crate) struct Listed<'a>(pub(crate) std::slice::Iter<'a, u8>);

impl Chooser for Listed<'_> {
    fn choose(&mut self, events: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % events
    }
}
