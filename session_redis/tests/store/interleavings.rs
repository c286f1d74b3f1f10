//! Operations that run at the same time, command by command in each order.

use std::sync::Arc;

use redis::AsyncCommands;
use session::store::{Extension, Page, SessionStorageBackend, TouchOutcome};
use session_conformance::{RecordBuilder, after, id, principal};
use session_redis::RedisSessionStore;
use time::Duration;

use crate::gate::Gate;
use crate::support::{Fixture, store_at, successor};

macro_rules! facts {
    () => {
        crate::facts::tests!(
            interleavings: a_new_session_is_listed_whenever_the_index_is_read,
            a_session_that_returns_to_its_principal_is_listed_whenever_the_index_is_read,
            a_sweep_spares_a_record_that_is_extended_meanwhile,
        );
    };
}
pub(crate) use facts;

pub(crate) async fn a_new_session_is_listed_whenever_the_index_is_read(mut f: Fixture) {
    for order in orders(2, 3) {
        let record = RecordBuilder::new(1).principal("ada").build();
        let (writer, reader) = (f.gated().await, f.gated().await);
        let (store, created) = (writer.store.clone(), record.clone());
        let create = async move { _ = store.create(&created).await.unwrap() };
        run_in(&order, (&writer.gate, create), &reader, &f).await;
        assert_eq!(f.listed().await, [record.id], "{order:?}");
        f.remove_session_of_ada().await;
    }
}

/// The index has a stale entry, which the reader removes.
pub(crate) async fn a_session_that_returns_to_its_principal_is_listed_whenever_the_index_is_read(
    mut f: Fixture,
) {
    for order in orders(3, 3) {
        let record = f.created_for_ada(1).await;
        f.age(Duration::seconds(61)).await;
        let record = f.moved(&record, Some("bob")).await;
        let (writer, reader) = (f.gated().await, f.gated().await);
        let store = writer.store.clone();
        let back = successor(&record).principal("ada").build();
        let replace = async move { _ = store.replace(&back, record.revision).await.unwrap() };
        run_in(&order, (&writer.gate, replace), &reader, &f).await;
        assert_eq!(f.listed().await, [id(1)], "{order:?}");
        f.remove_session_of_ada().await;
    }
}

/// The sweep has found that the record has expired.
pub(crate) async fn a_sweep_spares_a_record_that_is_extended_meanwhile(f: Fixture) {
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
    let outcome = f
        .store
        .touch(record.id, &record.secret, extension)
        .await
        .unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    sweeper.gate.open();
    assert_eq!(sweep.await.unwrap(), 0);
    assert_eq!(f.store.load(record.id).await.unwrap(), Some(record));
}

/// A store that executes a command when it is told to.
struct Gated {
    store: RedisSessionStore,
    gate: Gate,
}

impl Fixture {
    async fn gated(&self) -> Gated {
        let gate = Gate::before(&self.url).await;
        let store = store_at(&gate.url).await.with_prefix(self.store.prefix());
        gate.close();
        Gated { store, gate }
    }

    async fn remove_session_of_ada(&mut self) {
        self.store.delete(id(1), None).await.unwrap();
        let index = self.index_of_ada();
        let _: () = self.connection.del(index).await.unwrap();
    }
}

/// The side whose command is next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    Writer,
    Reader,
}

/// Returns all orders of that number of commands of each side.
fn orders(writer: usize, reader: usize) -> Vec<Vec<Next>> {
    let mut orders = vec![vec![]];
    for _ in 0..writer + reader {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<Next>| {
                [Next::Writer, Next::Reader].map(|next| [order.as_slice(), &[next]].concat())
            })
            .collect();
    }
    orders.retain(|order| order.iter().filter(|next| **next == Next::Writer).count() == writer);
    orders
}

/// Runs the writer beside a reader of the sessions of `ada`. Her session is listed at each moment
/// at which it exists: the writer might end there.
async fn run_in(
    order: &[Next],
    (gate, write): (&Gate, impl Future<Output = ()> + Send + 'static),
    reader: &Gated,
    f: &Fixture,
) {
    let store = reader.store.clone();
    let write = tokio::spawn(write);
    let read = tokio::spawn(async move {
        drop(
            store
                .sessions_of(&principal("ada"), Page::ALL)
                .await
                .unwrap(),
        )
    });
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
    // A side with more commands than expected executes them now.
    gate.open();
    reader.gate.open();
    write.await.unwrap();
    read.await.unwrap();
}
