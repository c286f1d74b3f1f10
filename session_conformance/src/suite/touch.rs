//! `touch` moves the deadline and the last activity forward, and changes nothing else.

use std::sync::Arc;

use session::store::{Extension, ReplaceOutcome, SecretHash, SessionRecord, TouchOutcome};
use time::Duration;

use crate::expect::expect;
use crate::record::{RecordBuilder, after, end_of_calendar, id, next, previous_secret, secret};
use crate::store::StoreUnderTest;

/// Checks that both times move to later ones.
pub async fn a_touch_moves_both_times_forward(store: StoreUnderTest) {
    let promise = "`touch` moves the deadline and the last activity forward";
    given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (60, 600), (60, 600)).await;
}

/// Checks that an earlier deadline leaves the stored one unchanged.
pub async fn a_touch_never_moves_the_deadline_back(store: StoreUnderTest) {
    let promise = "`touch` never moves the deadline back";
    given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (50, 499), (50, 500)).await;
    touched_to(&store, promise, (50, 1), (50, 500)).await;
}

/// Checks that an earlier activity leaves the stored one unchanged.
pub async fn a_touch_never_moves_the_last_activity_back(store: StoreUnderTest) {
    let promise = "`touch` never moves the last activity back";
    given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (49, 500), (50, 500)).await;
    touched_to(&store, promise, (1, 500), (50, 500)).await;
}

/// Checks that the later value of each time is kept, independently of the other time.
pub async fn a_touch_compares_deadline_and_activity_separately(store: StoreUnderTest) {
    let promise = "`touch` keeps the later deadline and the later activity independently";
    given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (40, 600), (50, 600)).await;
    touched_to(&store, promise, (60, 550), (60, 600)).await;
}

/// Checks that a touch without a difference is reported as `Touched`; some databases count only
/// rows that changed.
pub async fn a_touch_without_effect_reports_touched(store: StoreUnderTest) {
    let promise = "`touch` is `Touched` if there is a record, whether or not it changes";
    given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (50, 500), (50, 500)).await;
    touched_to(&store, promise, (50, 500), (50, 500)).await;
    touched_to(&store, promise, (10, 100), (50, 500)).await;
}

/// Checks that times which are later by a microsecond are written.
pub async fn a_touch_moves_times_by_a_microsecond(store: StoreUnderTest) {
    let promise = "`touch` sets the deadline to the microsecond";
    let mut record = given_times(&store, 1, (50, 500)).await;
    for n in 1..=3 {
        let times = Arc::make_mut(&mut record);
        times.last_active_at = after(50) + n * Duration::MICROSECOND;
        times.expires_at = after(500) + n * Duration::MICROSECOND;
        store.touched(promise, &record).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that a touch accepts the last microsecond of the calendar.
pub async fn a_touch_moves_the_deadline_to_the_end_of_the_calendar(store: StoreUnderTest) {
    let promise = "`touch` sets deadlines in the year 9999";
    let mut record = given_times(&store, 1, (50, 500)).await;
    Arc::make_mut(&mut record).expires_at = end_of_calendar();
    store.touched(promise, &record).await;
    store.holds(promise, &record).await;
}

/// Checks that a touch with the secret of another record, or with the previous one, is reported.
pub async fn touching_with_another_secret_reports_superseded(store: StoreUnderTest) {
    let promise = "`touch` with another secret than that of the record is `Superseded`";
    let record = store.given(with_previous_secret()).await;
    for other in other_secrets(&record) {
        let outcome = store.touch(id(1), &other, extension((60, 600))).await;
        expect(promise, TouchOutcome::Superseded, outcome);
    }
}

/// Checks that a touch with another secret writes nothing.
pub async fn a_touch_with_another_secret_changes_nothing(store: StoreUnderTest) {
    let promise = "`touch` with another secret than that of the record changes nothing";
    let record = store.given(with_previous_secret()).await;
    for other in other_secrets(&record) {
        _ = store.touch(id(1), &other, extension((60, 600))).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that a touch compares with the secret that a replacement has written.
pub async fn a_touch_uses_the_secret_set_by_a_replacement(store: StoreUnderTest) {
    let promise = "`touch` compares with the secret that `replace` set";
    let old = given_times(&store, 1, (50, 500)).await;
    let new = RecordBuilder::from(next(&old, "{}")).secret(*secret(2).as_bytes());
    let new = new.build();
    store.replaced(promise, &new, old.revision).await;
    let outcome = store.touch(id(1), &old.secret, extension((60, 600))).await;
    expect(promise, TouchOutcome::Superseded, outcome);
    store.holds(promise, &new).await;
    let outcome = store.touch(id(1), &new.secret, extension((60, 600))).await;
    expect(promise, TouchOutcome::Touched, outcome);
}

/// Checks that touching an unknown record is reported as `Gone`.
pub async fn touching_an_unknown_record_reports_gone(store: StoreUnderTest) {
    given_times(&store, 2, (50, 500)).await;
    let outcome = store.touch(id(1), &secret(1), extension((60, 600))).await;
    let promise = "`touch` of an unknown record is `Gone`";
    expect(promise, TouchOutcome::Gone, outcome);
}

/// Checks that `touch` never creates a record.
pub async fn a_touch_never_creates_a_record(store: StoreUnderTest) {
    _ = store.touch(id(1), &secret(1), extension((60, 600))).await;
    store
        .holds_nothing("`touch` never creates a record", id(1))
        .await;
}

/// Checks that a writer which loaded before the touch does not conflict with it.
pub async fn a_touch_keeps_the_revision(store: StoreUnderTest) {
    let promise = "`touch` keeps the revision";
    let record = given_times(&store, 1, (50, 500)).await;
    touched_to(&store, promise, (60, 600), (60, 600)).await;
    let outcome = store.replace(&next(&record, "{}"), record.revision).await;
    expect(promise, ReplaceOutcome::Replaced, outcome);
}

/// Checks that all fields but the two times are unchanged.
pub async fn a_touch_keeps_all_other_fields(store: StoreUnderTest) {
    let mut record = store.given(RecordBuilder::complete(1).revision(7)).await;
    let extension = extension((9_000, 90_000));
    _ = store.touch(record.id, &record.secret, extension).await;
    Arc::make_mut(&mut record).last_active_at = extension.last_active_at;
    Arc::make_mut(&mut record).expires_at = extension.expires_at;
    store.holds("`touch` keeps all other fields", &record).await;
}

/// Checks that records under other ids are unchanged.
pub async fn a_touch_leaves_other_records_unchanged(store: StoreUnderTest) {
    let others = [
        given_times(&store, 1, (50, 500)).await,
        given_times(&store, 3, (50, 500)).await,
    ];
    given_times(&store, 2, (50, 500)).await;
    _ = store.touch(id(2), &secret(2), extension((60, 600))).await;
    for other in &others {
        store
            .holds("`touch` leaves other records unchanged", other)
            .await;
    }
}

pub(super) fn with_previous_secret() -> RecordBuilder {
    let extension = extension((50, 500));
    RecordBuilder::new(1)
        .previous_secret(Some(previous_secret(1)))
        .last_active_at(extension.last_active_at)
        .expires_at(extension.expires_at)
}

/// Returns the previous secret of a record, and secrets that differ from its own in one byte.
pub(super) fn other_secrets(record: &SessionRecord) -> impl Iterator<Item = SecretHash> {
    let mut nearly = [*record.secret.as_bytes(); 2];
    nearly[0][0] ^= 1;
    nearly[1][31] ^= 0x80;
    let previous = record.previous_secret.map(|previous| previous.hash);
    let nearly = nearly.into_iter().map(SecretHash::from_bytes);
    previous.into_iter().chain(nearly)
}

/// Creates record `n` with a last activity and a deadline in seconds after the start.
async fn given_times(store: &StoreUnderTest, n: u64, times: (i64, i64)) -> Arc<SessionRecord> {
    let extension = extension(times);
    let record = RecordBuilder::new(n)
        .last_active_at(extension.last_active_at)
        .expires_at(extension.expires_at);
    store.given(record).await
}

/// Touches record 1 with the times `by`, and requires that its times are then those in `to`.
async fn touched_to(store: &StoreUnderTest, promise: &str, by: (i64, i64), to: (i64, i64)) {
    let outcome = store.touch(id(1), &secret(1), extension(by)).await;
    expect(promise, TouchOutcome::Touched, outcome);
    let expected = extension(to);
    let record = RecordBuilder::new(1)
        .last_active_at(expected.last_active_at)
        .expires_at(expected.expires_at);
    store.holds(promise, &record.build()).await;
}

fn extension((last_active_at, expires_at): (i64, i64)) -> Extension {
    Extension {
        last_active_at: after(last_active_at),
        expires_at: after(expires_at),
    }
}
