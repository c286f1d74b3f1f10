//! The index by principal: it may list the dead, and never hides the living.

use std::sync::Arc;

use redis::{AsyncCommands, cmd};
use session::SessionId;
use session::store::{
    Extension, ReplaceOutcome, SessionRecord, SessionStorageBackend, TouchOutcome,
};
use session_conformance::{RecordBuilder, after, id, principal};
use time::Duration;

use crate::gate::Gate;
use crate::support::Fixture;

macro_rules! facts {
    () => {
        crate::facts::tests!(
            index: a_dead_entry_is_removed_once_it_is_stale,
            a_session_that_changed_hands_is_listed_where_it_is,
            a_session_is_listed_for_as_long_as_it_lives,
            a_deadline_that_was_moved_far_ahead_counts_for_the_next_principal,
            entries_of_sessions_that_expired_are_forgotten_when_one_is_added,
            a_record_is_not_written_long_after_it_was_listed,
            in_whatever_order_a_session_is_created_and_the_index_is_read_it_is_listed,
            in_whatever_order_a_session_comes_back_and_the_index_is_read_it_is_listed,
            a_record_that_is_touched_during_a_sweep_is_spared,
        );
    };
}
pub(crate) use facts;

impl Fixture {
    fn index(&self) -> String {
        format!("{}of:ada", self.store.prefix())
    }

    async fn entries(&mut self) -> Vec<Vec<u8>> {
        let index = self.index();
        self.connection.zrange(index, 0, -1).await.unwrap()
    }

    /// Makes all entries of the index older by that.
    async fn age(&mut self, by: Duration) {
        let index = self.index();
        let mut range = cmd("ZRANGE");
        range.arg(&index).arg(0).arg(-1).arg("WITHSCORES");
        let entries: Vec<(Vec<u8>, i64)> = range.query_async(&mut self.connection).await.unwrap();
        let expiry = self.expires_at(&index).await;
        let _: () = self.connection.del(&index).await.unwrap();
        for (entry, score) in entries {
            let (id, added) = entry.split_at(16);
            let added = i64::from_be_bytes(added.try_into().unwrap());
            let older = added - i64::try_from(by.whole_milliseconds()).unwrap();
            let entry = [id, &older.to_be_bytes()].concat();
            let _: () = self.connection.zadd(&index, entry, score).await.unwrap();
        }
        let _: () = self.connection.pexpire_at(&index, expiry).await.unwrap();
    }

    async fn listed(&self) -> Vec<SessionId> {
        let sessions = self.store.sessions_of(&principal("ada")).await.unwrap();
        sessions.into_iter().map(|session| session.id).collect()
    }

    async fn replaced(
        &self,
        record: &Arc<SessionRecord>,
        owner: Option<&str>,
    ) -> Arc<SessionRecord> {
        let mut newer = record.clone();
        Arc::make_mut(&mut newer).revision = record.revision.next();
        Arc::make_mut(&mut newer).principal = owner.map(principal);
        let outcome = self.store.replace(&newer, record.revision).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        newer
    }

    async fn given_to_ada(&self, n: u64) -> Arc<SessionRecord> {
        let record = RecordBuilder::new(n).principal("ada").build();
        _ = self.store.create(&record).await.unwrap();
        record
    }
}

pub(crate) async fn a_dead_entry_is_removed_once_it_is_stale(mut f: Fixture) {
    let dead = f.given_to_ada(1).await;
    f.given_to_ada(2).await;
    f.store.delete(dead.id).await.unwrap();
    assert_eq!(f.listed().await, [id(2)]);
    assert_eq!(
        f.entries().await.len(),
        2,
        "its record might yet be written"
    );
    f.age(Duration::seconds(61)).await;
    assert_eq!(f.listed().await, [id(2)]);
    assert_eq!(f.entries().await.len(), 1);
    // What is deleted by this operation is forgotten by it.
    let deleted = f
        .store
        .delete_all_of(&principal("ada"), None)
        .await
        .unwrap();
    assert_eq!(deleted, 1);
    assert_eq!(f.entries().await.len(), 0);
}

pub(crate) async fn a_session_that_changed_hands_is_listed_where_it_is(mut f: Fixture) {
    let record = f.given_to_ada(1).await;
    let record = f.replaced(&record, Some("bob")).await;
    f.age(Duration::seconds(61)).await;
    assert_eq!(f.listed().await, []);
    assert_eq!(f.entries().await.len(), 0);
    let record = f.replaced(&record, Some("ada")).await;
    assert_eq!(f.listed().await, [id(1)]);
    let record = f.replaced(&record, None).await;
    f.replaced(&record, Some("ada")).await;
    assert_eq!(f.listed().await, [id(1)]);
}

/// However often its deadline moves.
pub(crate) async fn a_session_is_listed_for_as_long_as_it_lives(mut f: Fixture) {
    let mut record = f.given_to_ada(1).await;
    let key = format!("{}{}", f.store.prefix(), record.id);
    for n in 1..=100 {
        Arc::make_mut(&mut record).last_active_at += Duration::hours(5);
        Arc::make_mut(&mut record).expires_at += Duration::hours(5);
        // First by touches alone, then by replacements alone.
        if n <= 50 {
            let extension = Extension {
                last_active_at: record.last_active_at,
                expires_at: record.expires_at,
            };
            let outcome = f.store.touch(record.id, extension).await.unwrap();
            assert_eq!(outcome, TouchOutcome::Touched);
            assert_eq!(
                f.store.load(record.id).await.unwrap().as_ref(),
                Some(&record)
            );
        } else {
            record = f.replaced(&record, Some("ada")).await;
        }
        f.index_outlives(&key).await;
    }
    f.age(Duration::days(30)).await;
    assert_eq!(f.listed().await, [id(1)]);
    // Far fewer entries than extensions; and the last one is enough.
    let entries = f.entries().await.len();
    assert!((2..=8).contains(&entries), "{entries} entries");
}

impl Fixture {
    async fn index_outlives(&mut self, key: &str) {
        let index = self.index();
        let (record, listed) = (self.expires_at(key).await, self.expires_at(&index).await);
        assert!(listed > record, "{listed} is not after {record}");
        let mut latest = cmd("ZRANGE");
        latest
            .arg(&index)
            .arg("+inf")
            .arg("-inf")
            .arg("BYSCORE")
            .arg("REV");
        latest.arg("LIMIT").arg(0).arg(1).arg("WITHSCORES");
        let latest: Vec<(Vec<u8>, i64)> = latest.query_async(&mut self.connection).await.unwrap();
        assert!(
            latest[0].1 > record,
            "{} is not after {record}",
            latest[0].1
        );
    }
}

pub(crate) async fn a_deadline_that_was_moved_far_ahead_counts_for_the_next_principal(
    mut f: Fixture,
) {
    let record = RecordBuilder::new(1).principal("bob").build();
    _ = f.store.create(&record).await.unwrap();
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: after(400_000_000),
    };
    let outcome = f.store.touch(record.id, extension).await.unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    // By somebody who loaded it before that.
    f.replaced(&record, Some("ada")).await;
    let key = format!("{}{}", f.store.prefix(), record.id);
    f.index_outlives(&key).await;
}

pub(crate) async fn entries_of_sessions_that_expired_are_forgotten_when_one_is_added(
    mut f: Fixture,
) {
    for n in 0..3 {
        f.given_to_ada(n).await;
    }
    let index = f.index();
    for entry in &f.entries().await[..2] {
        let _: () = f
            .connection
            .zadd(&index, entry, 1_000_000_000_000_i64)
            .await
            .unwrap();
    }
    assert_eq!(f.entries().await.len(), 3);
    f.given_to_ada(9).await;
    assert_eq!(f.entries().await.len(), 2);
}

/// Who is that late may find that the entry was taken for dead.
pub(crate) async fn a_record_is_not_written_long_after_it_was_listed(mut f: Fixture) {
    let [create, replace, touch] =
        ["create", "replace", "touch"].map(|name| session_redis::script(name).unwrap());
    let (seconds, _): (i64, i64) = cmd("TIME").query_async(&mut f.connection).await.unwrap();
    let just_over = (seconds - 1) * 1_000;
    let record = f.given_to_ada(1).await;
    let key = format!("{}{}", f.store.prefix(), record.id);
    let value: Vec<u8> = f.connection.get(&key).await.unwrap();
    let other = format!("{}other", f.store.prefix());
    let mut eval = cmd("EVAL");
    eval.arg(create)
        .arg(1)
        .arg(&other)
        .arg(&value)
        .arg(9_000_000_000_000_i64)
        .arg(just_over);
    let answer: String = eval.query_async(&mut f.connection).await.unwrap();
    assert_eq!(answer, "late");
    assert!(!f.connection.exists::<_, bool>(&other).await.unwrap());
    let mut eval = cmd("EVAL");
    eval.arg(replace).arg(1).arg(&key);
    eval.arg(&value[1..9])
        .arg(&value)
        .arg(9_000_000_000_000_i64)
        .arg(1)
        .arg(just_over);
    let answer: String = eval.query_async(&mut f.connection).await.unwrap();
    assert_eq!(answer, "late");
    let mut eval = cmd("EVAL");
    eval.arg(touch)
        .arg(1)
        .arg(&key)
        .arg(&value[9..17])
        .arg(&[0xff_u8; 8][..]);
    eval.arg(9_000_000_000_000_i64)
        .arg(&value[33..37])
        .arg(&[0xff_u8; 8][..])
        .arg(just_over);
    let answer: String = eval.query_async(&mut f.connection).await.unwrap();
    assert_eq!(answer, "late");
    assert_eq!(f.connection.get::<_, Vec<u8>>(&key).await.unwrap(), value);
}

pub(crate) async fn in_whatever_order_a_session_is_created_and_the_index_is_read_it_is_listed(
    mut f: Fixture,
) {
    for order in orders(2, 3) {
        let record = RecordBuilder::new(1).principal("ada").build();
        let (writer, reader) = (f.gated().await, f.gated().await);
        let create = {
            let (store, record) = (writer.store.clone(), record.clone());
            async move { _ = store.create(&record).await.unwrap() }
        };
        run_in(&order, (&writer.gate, create), &reader, &f).await;
        assert_eq!(f.listed().await, [record.id], "{order:?}");
        f.store.delete(record.id).await.unwrap();
        let index = f.index();
        let _: () = f.connection.del(index).await.unwrap();
    }
}

/// The index has an entry of old, which whoever reads it removes.
pub(crate) async fn in_whatever_order_a_session_comes_back_and_the_index_is_read_it_is_listed(
    mut f: Fixture,
) {
    for order in orders(3, 3) {
        let record = f.given_to_ada(1).await;
        f.age(Duration::seconds(61)).await;
        let record = f.replaced(&record, Some("bob")).await;
        let (writer, reader) = (f.gated().await, f.gated().await);
        let come_back = {
            let (store, mut newer) = (writer.store.clone(), record.clone());
            Arc::make_mut(&mut newer).revision = record.revision.next();
            Arc::make_mut(&mut newer).principal = Some(principal("ada"));
            async move { _ = store.replace(&newer, record.revision).await.unwrap() }
        };
        run_in(&order, (&writer.gate, come_back), &reader, &f).await;
        assert_eq!(f.listed().await, [id(1)], "{order:?}");
        f.store.delete(id(1)).await.unwrap();
        let index = f.index();
        let _: () = f.connection.del(index).await.unwrap();
    }
}

/// It was found to have expired, and then somebody extended it.
pub(crate) async fn a_record_that_is_touched_during_a_sweep_is_spared(f: Fixture) {
    let mut record = RecordBuilder::new(1).expires_at(after(10)).build();
    _ = f.store.create(&record).await.unwrap();
    let sweeper = f.gated().await;
    let store = sweeper.store.clone();
    let all = std::num::NonZeroU32::MAX;
    let sweep = tokio::spawn(async move { store.delete_expired(after(20), all).await.unwrap() });
    // The time, the servers, the keys, the deadlines.
    for _ in 0..4 {
        sweeper.gate.let_one_pass().await;
    }
    Arc::make_mut(&mut record).expires_at = after(30);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: record.expires_at,
    };
    let outcome = f.store.touch(record.id, extension).await.unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    sweeper.gate.open();
    assert_eq!(sweep.await.unwrap(), 0);
    assert_eq!(f.store.load(record.id).await.unwrap(), Some(record));
}

/// A store that does one command at a time, when it is told to.
struct Gated {
    store: session_redis::RedisSessionStore,
    gate: Gate,
}

impl Fixture {
    async fn gated(&self) -> Gated {
        let gate = Gate::before(&self.url).await;
        let store = crate::support::store_at(&gate.url)
            .await
            .with_prefix(self.store.prefix());
        gate.close();
        Gated { store, gate }
    }
}

/// The writer's command is next, or the reader's.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    Writer,
    Reader,
}

/// All orders of so many commands of each.
fn orders(writers: usize, readers: usize) -> Vec<Vec<Next>> {
    let mut orders = vec![vec![]];
    for _ in 0..writers + readers {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<Next>| {
                [Next::Writer, Next::Reader].map(|next| [order.as_slice(), &[next]].concat())
            })
            .collect();
    }
    orders.retain(|order| order.iter().filter(|next| **next == Next::Writer).count() == writers);
    orders
}

/// Runs the writer beside one who reads the index of `ada`. At no moment is a session of hers not listed: the
/// writer might end there and then.
async fn run_in(
    order: &[Next],
    (gate, write): (&Gate, impl Future<Output = ()> + Send + 'static),
    reader: &Gated,
    f: &Fixture,
) {
    let store = reader.store.clone();
    let tasks = (
        tokio::spawn(write),
        tokio::spawn(async move { drop(store.sessions_of(&principal("ada")).await.unwrap()) }),
    );
    for next in order {
        match next {
            Next::Writer => gate.let_one_pass().await,
            Next::Reader => reader.gate.let_one_pass().await,
        }
        let record = f.store.load(id(1)).await.unwrap();
        if record.is_some_and(|record| record.principal == Some(principal("ada"))) {
            assert_eq!(f.listed().await, [id(1)], "{order:?}");
        }
    }
    // Whoever has more commands than expected does them now.
    gate.open();
    reader.gate.open();
    tasks.0.await.unwrap();
    tasks.1.await.unwrap();
}
