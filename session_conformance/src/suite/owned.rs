//! Operations whose futures own their store, for tasks that run in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use session::SessionId;
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, TouchOutcome,
};

use super::origins::{ORIGIN, revoke};
use crate::record::{after, next, principal};
use crate::store::StoreUnderTest;

/// Creates a record.
pub(super) fn create(
    store: &StoreUnderTest,
    record: &Arc<SessionRecord>,
) -> impl Future<Output = CreateOutcome> + Send + use<> {
    let (store, record) = (store.clone(), record.clone());
    async move { store.create(&record).await }
}

/// Replaces the record of revision `expected`.
pub(super) fn replace(
    store: &StoreUnderTest,
    record: &Arc<SessionRecord>,
    expected: Revision,
) -> impl Future<Output = ReplaceOutcome> + Send + use<> {
    let (store, record) = (store.clone(), record.clone());
    async move { store.replace(&record, expected).await }
}

/// Replaces each version of a record by the next one.
pub(super) fn replace_in_turn(
    store: &StoreUnderTest,
    versions: Vec<Arc<SessionRecord>>,
) -> impl Future<Output = ()> + Send + use<> {
    let store = store.clone();
    async move {
        for pair in versions.windows(2) {
            _ = store.replace(&pair[1], pair[0].revision).await;
        }
    }
}

/// Moves the deadline of a record to the time `seconds` after the start.
pub(super) fn touch(
    store: &StoreUnderTest,
    record: &SessionRecord,
    seconds: i64,
) -> impl Future<Output = TouchOutcome> + Send + use<> {
    let (store, id, secret) = (store.clone(), record.id, record.secret);
    let extension = Extension {
        last_active_at: after(seconds / 10_000),
        expires_at: after(seconds),
    };
    async move { store.touch(id, &secret, extension).await }
}

/// Deletes a record.
pub(super) fn delete(
    store: &StoreUnderTest,
    id: SessionId,
) -> impl Future<Output = bool> + Send + use<> {
    let store = store.clone();
    async move { store.delete(id, None).await }
}

/// Deletes a record if it still has its present secret.
pub(super) fn delete_as_it_is(
    store: &StoreUnderTest,
    record: &SessionRecord,
) -> impl Future<Output = bool> + Send + use<> {
    let (store, id, secret) = (store.clone(), record.id, record.secret);
    async move { store.delete(id, Some(&secret)).await }
}

/// Deletes all sessions of `ada`. Returns their number.
pub(super) fn delete_all(store: &StoreUnderTest) -> impl Future<Output = u64> + Send + use<> {
    let store = store.clone();
    async move { store.delete_all_of(&principal("ada"), None).await }
}

/// Deletes all sessions of the origin of these rules. Returns their number.
pub(super) fn delete_origin(store: &StoreUnderTest) -> impl Future<Output = u64> + Send + use<> {
    let store = store.clone();
    async move { revoke(&store, ORIGIN).await }
}

/// Replaces or touches a record again and again, until it is told to stop.
///
/// Errors do not count: a database may give up on a statement after too many conflicts.
pub(super) fn hammer(
    store: &StoreUnderTest,
    record: &Arc<SessionRecord>,
    replaces: bool,
    stop: &Arc<AtomicBool>,
) -> impl Future<Output = ()> + Send + use<> {
    let (store, mut record, stop) = (store.backend(), record.clone(), stop.clone());
    let extension = Extension {
        last_active_at: after(90),
        expires_at: after(900_000),
    };
    async move {
        while !stop.load(Ordering::Relaxed) {
            if replaces {
                let newer = next(&record, r#"{"written":true}"#);
                _ = store.replace(&newer, record.revision).await;
                let stored = store.load(record.id).await.ok().flatten();
                record = stored.unwrap_or(record);
            } else {
                _ = store.touch(record.id, &record.secret, extension).await;
            }
            tokio::task::yield_now().await;
        }
    }
}
