//! The walk through all sessions.

use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use session::store::SessionStorageBackend;
use session_conformance::{RecordBuilder, id};
use session_memory::InMemorySessionStore;

/// The number of sessions after which a step lets other tasks have their turn.
const TURN: u64 = 1_000;

#[tokio::test]
async fn a_long_step_lets_other_tasks_end_sessions_meanwhile() {
    let store = InMemorySessionStore::new();
    // Their lowest bits are equal, so that all are in one shard.
    let ids: Vec<_> = (0..TURN + 500).map(|n| id(32 * n)).collect();
    for id in &ids {
        let record = RecordBuilder::new(0).id(*id).build();
        _ = store.create(&record).await.unwrap();
    }
    let mut step = pin!(store.all_sessions(NonZeroU32::MIN, None));
    let first = step.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(first, Poll::Pending));
    for id in ids {
        assert!(store.delete(id, None).await.unwrap());
    }
    assert_eq!(step.await.unwrap().sessions.len() as u64, TURN);
}
