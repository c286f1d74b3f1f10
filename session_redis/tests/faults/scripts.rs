//! A server forgets its scripts on command, and when it starts again.

use std::sync::Arc;

use session::store::{Extension, Page, ReplaceOutcome, SessionStorageBackend, TouchOutcome};
use session_conformance::{RecordBuilder, after, principal};
use session_redis::RedisSessionStore;
use session_test_support::{LIMIT, alone};

use crate::site::{ask, durable, store_at, works_within};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_forgotten_script_is_sent_again() {
    let _alone = alone().await;
    let mut server = durable();
    let store = store_at(&server.url()).await;
    for n in 0..5 {
        each_operation(&store, 10 * n).await;
        let _: () = ask(&server, "SCRIPT FLUSH");
    }
    server.kill().unwrap();
    tokio::task::block_in_place(|| server.restart()).unwrap();
    works_within(LIMIT, &store).await;
    each_operation(&store, 100).await;
}

async fn each_operation(store: &RedisSessionStore, n: u64) {
    let mut record = RecordBuilder::complete(n).principal("ada").build();
    _ = store.create(&record).await.unwrap();
    let expected = record.revision;
    Arc::make_mut(&mut record).revision = expected.next();
    let outcome = store.replace(&record, expected).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    Arc::make_mut(&mut record).last_active_at = after(60);
    Arc::make_mut(&mut record).expires_at = after(60_000_000);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: record.expires_at,
    };
    let outcome = store
        .touch(record.id, &record.secret, extension)
        .await
        .unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    assert_eq!(store.load(record.id).await.unwrap(), Some(record.clone()));
    let sessions = store
        .sessions_of(&principal("ada"), Page::ALL)
        .await
        .unwrap();
    assert_eq!(sessions, [record.summary()]);
    let deleted = store.delete_all_of(&principal("ada"), None).await.unwrap();
    assert_eq!(deleted, 1);
    _ = store.create(&record).await.unwrap();
    let origin = &record.origin.unwrap();
    assert_eq!(store.delete_all_of_origin(origin).await.unwrap(), 1);
}
