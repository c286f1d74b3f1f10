//! The comparison of a store with bare `sqlx`, operation by operation.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use session::store::{Extension, Page, Revision, SessionRecord, SessionStorageBackend};
use session_conformance::{RecordBuilder, after, id, principal};
use tokio::runtime::Runtime;

/// An operation to compare. Those that delete find nothing, except for the deletion that makes room
/// for the next creation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    CreateAndDelete,
    Load,
    Replace,
    Touch,
    DeleteExpired,
    SessionsOf,
    DeleteAllOf,
}

const OPERATIONS: [Operation; 7] = [
    Operation::CreateAndDelete,
    Operation::Load,
    Operation::Replace,
    Operation::Touch,
    Operation::DeleteExpired,
    Operation::SessionsOf,
    Operation::DeleteAllOf,
];

/// A way to run operations: through the store, or with bare `sqlx`.
pub(crate) trait Contender {
    async fn run(&mut self, operation: Operation);
}

pub(crate) struct Store<S> {
    pub(crate) store: S,
    pub(crate) record: Arc<SessionRecord>,
}

impl<S: SessionStorageBackend> Contender for Store<S> {
    async fn run(&mut self, operation: Operation) {
        let (store, record) = (&self.store, &mut self.record);
        match operation {
            Operation::CreateAndDelete => {
                let new = black_box(new_record());
                _ = store.create(&new).await.unwrap();
                store.delete(new.id, None).await.unwrap();
            }
            Operation::Load => _ = black_box(store.load(record.id).await.unwrap()),
            Operation::Replace => {
                let expected = record.revision;
                Arc::make_mut(record).revision = expected.next();
                _ = store.replace(record, expected).await.unwrap();
            }
            Operation::Touch => {
                _ = store
                    .touch(record.id, &record.secret, extension())
                    .await
                    .unwrap()
            }
            Operation::DeleteExpired => {
                let deleted = store.delete_expired(after(0), NonZeroU32::MIN).await;
                assert_eq!(deleted.unwrap(), 0);
            }
            Operation::SessionsOf => {
                _ = black_box(
                    store
                        .sessions_of(&principal("ada"), Page::ALL)
                        .await
                        .unwrap(),
                );
            }
            Operation::DeleteAllOf => {
                let deleted = store.delete_all_of(&principal("nobody"), None).await;
                assert_eq!(deleted.unwrap(), 0);
            }
        }
    }
}

/// Creates 1,000 records, five of them of `ada`. Returns one for each contender.
pub(crate) async fn filled(store: &impl SessionStorageBackend) -> [Arc<SessionRecord>; 2] {
    for n in 0..1_000 {
        let record = RecordBuilder::complete(n).state(&state());
        let record = match n % 200 {
            7 => record.principal("ada"),
            _ => record,
        };
        _ = store.create(&record.revision(1).build()).await.unwrap();
    }
    let [one, other] = [1, 2].map(|n| {
        RecordBuilder::complete(n)
            .state(&state())
            .revision(1)
            .build()
    });
    assert_eq!(one.revision, Revision::FIRST);
    [one, other]
}

pub(crate) fn compare(
    criterion: &mut Criterion,
    runtime: &Runtime,
    database: &str,
    mut store: impl Contender,
    mut bare: impl Contender,
) {
    for operation in OPERATIONS {
        let mut group = criterion.benchmark_group(format!("{database}/{operation:?}"));
        group.bench_function("store", |bencher| {
            bencher.iter(|| runtime.block_on(store.run(operation)));
        });
        group.bench_function("sqlx", |bencher| {
            bencher.iter(|| runtime.block_on(bare.run(operation)));
        });
        group.finish();
        let ratio = runtime.block_on(ratio(operation, &mut store, &mut bare));
        println!("{database}/{operation:?}: {ratio:.0} % of bare sqlx's throughput\n");
    }
}

/// Returns the share in percent: the median over rounds in which both take turns, so that other
/// work of the machine slows both down.
async fn ratio(operation: Operation, store: &mut impl Contender, bare: &mut impl Contender) -> f64 {
    const ROUNDS: usize = 101;
    let mut ratios = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let of_store = time(operation, store).await;
        let of_bare = time(operation, bare).await;
        ratios.push(100.0 * of_bare.as_secs_f64() / of_store.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

async fn time(operation: Operation, contender: &mut impl Contender) -> Duration {
    let start = Instant::now();
    for _ in 0..50 {
        contender.run(operation).await;
    }
    start.elapsed()
}

pub(crate) fn new_record() -> Arc<SessionRecord> {
    RecordBuilder::complete(0)
        .id(id(1_000_000))
        .state(&state())
        .build()
}

/// Returns a state of 1 KiB, as sessions have.
fn state() -> String {
    format!(r#"{{"cart":"{}"}}"#, "x".repeat(1_000))
}

pub(crate) fn extension() -> Extension {
    Extension {
        last_active_at: after(70),
        expires_at: after(700_000),
    }
}
