use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use session::Clock;
use session::store::{CreateOutcome, Extension, Page, ReplaceOutcome, SessionRecord, TouchOutcome};

use super::records::{EXPIRED, OF_PRINCIPAL, id, principal, record, secret};
use super::stores::Filled;

/// The number of times that each operation runs.
const RUNS: u64 = 1_000;

/// The number of steps of the sweeper.
const SWEEPS: u64 = 100;

/// The records that a step of the sweeper removes at most.
const BATCH: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");

/// The times of one operation, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> anyhow::Result<Self> {
        times.sort_unstable();
        let at = |percent: usize| {
            let time = times.get(times.len() * percent / 100);
            time.map(|time| time.as_secs_f64() * 1e6)
        };
        Ok(Self {
            p50: at(50).context("the operation never ran")?,
            p99: at(99).context("the operation never ran")?,
        })
    }
}

/// Runs each operation, one after the other.
pub(super) async fn measure(filled: &mut Filled) -> anyhow::Result<Vec<(&'static str, Times)>> {
    let mut times = vec![
        ("load", load(filled).await?),
        ("touch", touch(filled).await?),
        ("replace", replace(filled).await?),
        ("create", create(filled).await?),
        ("delete", delete(filled).await?),
        ("sessions_of", sessions_of(filled).await?),
        ("all_sessions, a step", all_sessions(filled).await?),
    ];
    if filled.is_swept() {
        times.push(("delete_expired, a step", sweep(filled).await?));
    }
    Ok(times)
}

/// The operations that choose sessions at random, each other ones than the others.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Load,
    Touch,
    Replace,
    Delete,
    SessionsOf,
}

/// Returns the number of a session that has not expired.
fn any(filled: &Filled, choice: Choice, run: u64) -> u64 {
    let live = filled.sessions / 2;
    let spread = (choice as u64 * RUNS + run).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    filled.sessions - 1 - spread % live
}

async fn load(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let id = id(any(filled, Choice::Load, run))?;
        let begun = Instant::now();
        let record = filled.store.load(id).await?;
        times.push(begun.elapsed());
        ensure!(record.is_some(), "a session has been lost");
    }
    Times::of(times)
}

async fn touch(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let id = id(any(filled, Choice::Touch, run))?;
        let now = Clock::system().now();
        let extension = Extension {
            last_active_at: now,
            expires_at: now + Duration::from_secs(7 * 24 * 60 * 60),
        };
        let begun = Instant::now();
        let outcome = filled.store.touch(id, &secret(), extension).await?;
        times.push(begun.elapsed());
        ensure!(
            outcome == TouchOutcome::Touched,
            "the outcome is {outcome:?}"
        );
    }
    Times::of(times)
}

/// All records are loaded before, as a request loads the one that it replaces.
async fn replace(filled: &Filled) -> anyhow::Result<Times> {
    let mut chosen = BTreeMap::new();
    for run in 0..RUNS {
        let id = id(any(filled, Choice::Replace, run))?;
        let record = filled.store.load(id).await?;
        chosen.insert(id, record.context("a session has been lost")?);
    }
    let mut times = vec![];
    for old in chosen.into_values() {
        let new = Arc::new(SessionRecord {
            revision: old.revision.next(),
            ..(*old).clone()
        });
        let begun = Instant::now();
        let outcome = filled.store.replace(&new, old.revision).await?;
        times.push(begun.elapsed());
        ensure!(
            outcome == ReplaceOutcome::Replaced,
            "the outcome is {outcome:?}"
        );
    }
    Times::of(times)
}

/// The new ids are the latest, as those of an application are.
async fn create(filled: &mut Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let record = record((1 << 40) + filled.operations + run, false)?;
        let begun = Instant::now();
        let outcome = filled.store.create(&record).await?;
        times.push(begun.elapsed());
        ensure!(
            outcome == CreateOutcome::Created,
            "the outcome is {outcome:?}"
        );
    }
    filled.operations += RUNS;
    Times::of(times)
}

/// Creates the sessions again, for the operations that follow.
async fn delete(filled: &Filled) -> anyhow::Result<Times> {
    let chosen = (0..RUNS).map(|run| any(filled, Choice::Delete, run));
    let chosen: BTreeSet<_> = chosen.collect();
    let mut times = vec![];
    for number in &chosen {
        let id = id(*number)?;
        let begun = Instant::now();
        let is_deleted = filled.store.delete(id, Some(&secret())).await?;
        times.push(begun.elapsed());
        ensure!(is_deleted, "a session has been lost");
    }
    for number in chosen {
        let outcome = filled.store.create(&record(number, false)?).await?;
        ensure!(
            outcome == CreateOutcome::Created,
            "the outcome is {outcome:?}"
        );
    }
    Times::of(times)
}

async fn sessions_of(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let principal = principal(any(filled, Choice::SessionsOf, run))?;
        let begun = Instant::now();
        let sessions = filled.store.sessions_of(&principal, Page::first(BATCH));
        let sessions = sessions.await?;
        times.push(begun.elapsed());
        let count = sessions.len() as u64;
        ensure!((1..=OF_PRINCIPAL).contains(&count), "{count} sessions");
    }
    Times::of(times)
}

/// Walks on from where the step before it ended, and begins again at the end.
async fn all_sessions(filled: &Filled) -> anyhow::Result<Times> {
    let (mut times, mut cursor) = (vec![], None);
    for _ in 0..SWEEPS {
        let begun = Instant::now();
        let step = filled.store.all_sessions(BATCH, cursor.as_ref()).await?;
        times.push(begun.elapsed());
        cursor = step.next;
    }
    Times::of(times)
}

async fn sweep(filled: &Filled) -> anyhow::Result<Times> {
    // The first size is measured twice.
    const { assert!(2 * SWEEPS * BATCH.get() as u64 <= EXPIRED) };
    let mut times = vec![];
    for _ in 0..SWEEPS {
        let now = Clock::system().now();
        let begun = Instant::now();
        let deleted = filled.store.delete_expired(now, BATCH).await?;
        times.push(begun.elapsed());
        ensure!(
            deleted == u64::from(BATCH.get()),
            "a step deleted {deleted}"
        );
    }
    Times::of(times)
}

#[test]
fn the_percentiles_are_those_of_the_sorted_times() {
    let times = (1..=200).rev().map(Duration::from_micros).collect();
    let Times { p50, p99 } = Times::of(times).unwrap();
    assert_eq!((p50.round(), p99.round()), (101.0, 199.0));
    assert!(Times::of(vec![]).is_err());
}
