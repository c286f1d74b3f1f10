//! A server whose memory is full evicts lists of sessions, and not the sessions in them.

use session::store::{Extension, Page, SessionRecord, SessionStorageBackend, TouchOutcome};
use session_conformance::{RecordBuilder, after};
use session_redis::RedisSessionStore;
use session_test_support::alone;
use test_servers::{Database, Server, Setup};

use crate::site::{ask, store};

const SESSIONS: u64 = 4_000;
const OF_ONE: u64 = 5;

async fn evicting(policy: &str) -> (Server, RedisSessionStore) {
    let setup = Setup::of(Database::Redis).without_durability();
    let setup = setup.with(format!("maxmemory-policy {policy}"));
    let server = setup.with("maxmemory 3mb").start().unwrap();
    let url = server.url();
    let store = store(&format!(r#"{{ "url": "{url}", "accept_eviction": true }}"#)).await;
    (server, store)
}

/// Returns the sessions that are alive.
async fn alive(store: &RedisSessionStore) -> Vec<SessionRecord> {
    let mut alive = vec![];
    for n in 0..SESSIONS {
        let record = store.load(session_conformance::id(n)).await.unwrap();
        alive.extend(record.map(|record| SessionRecord::clone(&record)));
    }
    alive
}

/// Returns the number of those sessions that their principals do not see.
async fn hidden(store: &RedisSessionStore, sessions: &[SessionRecord]) -> usize {
    let mut hidden = 0;
    for session in sessions {
        let listed = store
            .sessions_of(session.principal.as_ref().unwrap(), Page::ALL)
            .await;
        let is_listed = listed.unwrap().iter().any(|it| it.id == session.id);
        hidden += usize::from(!is_listed);
    }
    hidden
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_is_hidden_that_was_extended_after_the_eviction_of_its_list() {
    let _alone = alone().await;
    for policy in ["volatile-random", "allkeys-random"] {
        let (server, store) = evicting(policy).await;
        for n in 0..SESSIONS {
            let record = RecordBuilder::new(n).principal(&format!("user-{}", n / OF_ONE));
            _ = store
                .create(&record.state(&"x".repeat(500)).build())
                .await
                .unwrap();
        }
        let _: String = ask(&server, "CONFIG SET maxmemory 0");
        let alive = alive(&store).await;
        let hidden_before = hidden(&store, &alive).await;
        assert!(hidden_before > 0, "{policy}: nothing was hidden");
        for session in &alive {
            let extension = Extension {
                last_active_at: after(60),
                expires_at: session.expires_at + time::Duration::MINUTE,
            };
            let touched = store.touch(session.id, &session.secret, extension).await;
            assert_eq!(touched.unwrap(), TouchOutcome::Touched);
        }
        let hidden = hidden(&store, &alive).await;
        eprintln!(
            "{policy}: {hidden_before} of {} hidden, then {hidden}",
            alive.len()
        );
        assert_eq!(hidden, 0, "{policy}");
    }
}
