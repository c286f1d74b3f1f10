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

/// Runs each operation on sessions at random places, one after the other.
pub(super) async fn measure(filled: &mut Filled) -> anyhow::Result<Vec<(&'static str, Times)>> {
    Ok(vec![
        ("load", load(filled).await?),
        ("touch", touch(filled).await?),
        ("replace", replace(filled).await?),
        ("create", create(filled).await?),
        ("delete", delete(filled).await?),
        ("sessions_of", sessions_of(filled).await?),
        ("all_sessions, a step", all_sessions(filled).await?),
        ("delete_expired, a step", sweep(filled).await?),
    ])
}

/// Returns the number of a session that has not expired.
fn any(filled: &Filled, run: u64) -> u64 {
    let live = filled.sessions / 2;
    filled.sessions - 1 - run.wrapping_mul(0x9e37_79b9_7f4a_7c15) % live
}

async fn any_record(filled: &Filled, run: u64) -> anyhow::Result<Arc<SessionRecord>> {
    let record = filled.store.load(id(any(filled, run))?).await?;
    record.context("a session has been lost")
}

async fn load(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let id = id(any(filled, run))?;
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
        let record = any_record(filled, run).await?;
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.expires_at + Duration::from_secs(60),
        };
        let begun = Instant::now();
        let outcome = filled.store.touch(record.id, &secret(), extension).await?;
        times.push(begun.elapsed());
        ensure!(
            outcome == TouchOutcome::Touched,
            "the outcome is {outcome:?}"
        );
    }
    Times::of(times)
}

async fn replace(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let old = any_record(filled, run).await?;
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

/// The numbers of the sessions that [`create`] adds and [`delete`] removes.
fn new(filled: &Filled, run: u64) -> u64 {
    (1 << 40) + filled.operations + run
}

async fn create(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let record = record(new(filled, run), false)?;
        let begun = Instant::now();
        let outcome = filled.store.create(&record).await?;
        times.push(begun.elapsed());
        ensure!(
            outcome == CreateOutcome::Created,
            "the outcome is {outcome:?}"
        );
    }
    Times::of(times)
}

async fn delete(filled: &mut Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let id = id(new(filled, run))?;
        let begun = Instant::now();
        let is_deleted = filled.store.delete(id, Some(&secret())).await?;
        times.push(begun.elapsed());
        ensure!(is_deleted, "a session has been lost");
    }
    filled.operations += RUNS;
    Times::of(times)
}

async fn sessions_of(filled: &Filled) -> anyhow::Result<Times> {
    let mut times = vec![];
    for run in 0..RUNS {
        let principal = principal(any(filled, run))?;
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
    const { assert!(SWEEPS * BATCH.get() as u64 <= EXPIRED) };
    let mut times = vec![];
    for _ in 0..SWEEPS {
        let now = Clock::system().now();
        let begun = Instant::now();
        filled.store.delete_expired(now, BATCH).await?;
        times.push(begun.elapsed());
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
