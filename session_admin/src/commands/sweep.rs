use std::num::NonZeroU32;

use serde_json::json;
use session::time::UtcDateTime;

use crate::failure::Failure;
use crate::output::{print_json, print_line};
use crate::progress::Progress;
use crate::store::Store;
use crate::times::to_microsecond;

/// The largest number of records that one operation deletes.
const BATCH: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not zero");

pub(super) async fn sweep(store: &Store, json: bool) -> Result<(), Failure> {
    let deleted = delete_expired(store).await?;
    match json {
        true => print_json(&json!({ "deleted": deleted })),
        false => print_line(&format!("{deleted} expired sessions deleted.")),
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
