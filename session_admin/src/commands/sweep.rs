use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::json;
use session::time::UtcDateTime;

use super::check::milliseconds;
use super::clock::{self, LARGEST_OFFSET};
use crate::failure::Failure;
use crate::output::{print_json, print_line};
use crate::progress::Progress;
use crate::store::Store;
use crate::times::to_microsecond;

/// The largest number of records that one operation deletes.
const BATCH: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not zero");

pub(super) async fn sweep(store: &Store, json: bool) -> Result<(), Failure> {
    check_clock(clock::offset(store).await?)?;
    let deleted = delete_expired(store).await?;
    match json {
        true => print_json(&json!({ "deleted": deleted })),
        false => print_line(&format!("{deleted} expired sessions deleted.")),
    }
}

/// Refuses a sweep by a clock that differs from that of Redis. Servers of Redis delete what has
/// expired by their own clocks, so what a clock that is ahead would delete is alive.
fn check_clock(offset: Option<Duration>) -> Result<(), Failure> {
    match offset {
        Some(offset) if offset > LARGEST_OFFSET => Err(Failure::because(
            format!(
                "the clocks of Redis and of this machine differ by {}: if that of this machine is \
                 ahead, a sweep ends live sessions",
                milliseconds(offset)
            ),
            "synchronise the clocks, or leave it to Redis, which deletes expired sessions itself",
        )),
        _ => Ok(()),
    }
}

async fn delete_expired(store: &Store) -> Result<u64, Failure> {
    let now = to_microsecond(UtcDateTime::now());
    let progress = Progress::of("expired sessions deleted");
    let mut deleted = 0;
    loop {
        let what = format!("delete more than {deleted} expired sessions");
        let step = store.run(what, async |store| store.delete_expired(now, BATCH).await);
        let step = step.await?;
        deleted += step;
        progress.show(deleted);
        if step < u64::from(BATCH.get()) {
            return Ok(deleted);
        }
    }
}
