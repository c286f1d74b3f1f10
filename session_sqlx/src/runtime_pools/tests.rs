use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::Instant;

use session::store::within;
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tokio::runtime::{Builder, Runtime};

use super::*;

const LIMIT: Duration = Duration::from_millis(500);

/// Far more time than SQLite requires to close a connection.
const PATIENCE: Duration = Duration::from_secs(30);

fn pools(limit: u32) -> Arc<RuntimePools<Sqlite>> {
    let options = SqliteConnectOptions::new().in_memory(true);
    RuntimePools::new(Opener::new(options), limit, LIMIT)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns `true` if an operation neither gets a connection now nor opens one.
fn has_to_wait(pools: &Arc<RuntimePools<Sqlite>>) -> bool {
    let open = pools.limit.open();
    let taken = pin!(pools.take());
    let poll = taken.poll(&mut Context::from_waker(Waker::noop()));
    poll.is_pending() && pools.limit.open() == open
}

fn put_back(mut held: Held<Sqlite>) {
    held.keep();
}

#[test]
fn one_runtime_may_have_all_connections() {
    let runtime = runtime();
    runtime.block_on(async {
        let pools = pools(2);
        let (first, second) = (pools.take().await.unwrap(), pools.take().await.unwrap());
        assert!(has_to_wait(&pools));
        assert_eq!(pools.limit.open(), 2);
        put_back(first);
        put_back(second);
        put_back(pools.take().await.unwrap());
        assert_eq!(pools.limit.open(), 2);
    });
}

#[test]
fn a_connection_to_a_server_of_no_use_takes_the_idle_ones_along() {
    let runtime = runtime();
    runtime.block_on(async {
        let pools = pools(3);
        let mut taken = vec![];
        for _ in 0..3 {
            taken.push(pools.take().await.unwrap());
        }
        let mut useless = taken.pop().unwrap();
        taken.into_iter().for_each(put_back);
        assert_eq!(pools.limit.open(), 3);
        useless.give_up_all();
        drop(useless);
        assert_eq!(pools.limit.open(), 0);
        put_back(pools.take().await.unwrap());
        assert_eq!(pools.limit.open(), 1);
    });
}

#[test]
fn each_runtime_has_its_share_and_another_one_closes_what_exceeds_the_limit() {
    let (first, second) = (runtime(), runtime());
    let pools = first.block_on(async { pools(4) });
    let of_first = [(); 4].map(|()| first.block_on(pools.take()).unwrap());
    let of_second = [(); 2].map(|()| second.block_on(pools.take()).unwrap());
    assert_eq!(pools.limit.open(), 6);
    of_first.into_iter().chain(of_second).for_each(put_back);
    assert_eq!(pools.limit.open(), 4);
}

#[test]
fn a_runtime_that_opens_its_share_closes_what_others_have_idle_beyond_the_limit() {
    let (first, second) = (runtime(), runtime());
    let pools = first.block_on(async { pools(4) });
    let of_first = [(); 4].map(|()| first.block_on(pools.take()).unwrap());
    of_first.into_iter().for_each(put_back);
    let of_second = [(); 2].map(|()| second.block_on(pools.take()).unwrap());
    assert_eq!(pools.limit.open(), 4);
    of_second.into_iter().for_each(put_back);
}

#[test]
fn each_runtime_has_a_connection_if_there_are_more_of_them_than_the_limit() {
    let runtimes = [(); 3].map(|()| runtime());
    let pools = runtimes[0].block_on(async { pools(1) });
    for _ in 0..2 {
        let taken = runtimes
            .each_ref()
            .map(|it| it.block_on(pools.take()).unwrap());
        assert_eq!(pools.limit.open(), 3);
        taken.into_iter().for_each(put_back);
    }
    assert_eq!(pools.limit.open(), 3);
}

#[test]
fn each_runtime_has_a_second_connection_if_an_operation_on_the_first_one_waits() {
    let runtimes = [(); 3].map(|()| runtime());
    let pools = runtimes[0].block_on(async { pools(1) });
    let of_all = runtimes.each_ref().map(|runtime| {
        runtime.block_on(async {
            let both = [pools.take().await.unwrap(), pools.take().await.unwrap()];
            assert!(has_to_wait(&pools));
            both
        })
    });
    assert_eq!(pools.limit.open(), 6);
    of_all.into_iter().flatten().for_each(put_back);
}

/// Each opens what it may before the next one is there, and computes.
#[test]
fn all_runtimes_together_have_at_most_the_limit_and_two_connections_for_each() {
    let runtimes = [(); 8].map(|()| runtime());
    let pools = runtimes[0].block_on(async { pools(12) });
    let open = runtimes.each_ref().map(|runtime| {
        runtime.block_on(async { while !has_to_wait(&pools) {} });
        pools.limit.open()
    });
    let of_limit_and_runtimes = [12 + 4, 12 + 6, 12 + 8, 12 + 10, 12 + 12, 12 + 14, 12 + 16];
    assert_eq!(open[0], 12);
    assert_eq!(open[1..], of_limit_and_runtimes);
}

#[test]
fn the_end_of_a_runtime_closes_its_connections() {
    let (main, worker) = (runtime(), runtime());
    let pools = main.block_on(async { pools(2) });
    put_back(worker.block_on(pools.take()).unwrap());
    assert_eq!((pools.write().len(), pools.limit.open()), (1, 1));
    drop(worker);
    assert_eq!((pools.write().len(), pools.limit.open()), (0, 0));
}

#[test]
fn connections_without_use_are_closed_after_a_while() {
    runtime().block_on(async {
        let pools = pools(2);
        put_back(pools.take().await.unwrap());
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(200)).await;
        tokio::time::resume();
        while pools.limit.open() > 0 {
            tokio::task::yield_now().await;
        }
        put_back(pools.take().await.unwrap());
        assert_eq!(pools.limit.open(), 1);
    });
}

#[test]
fn a_connection_whose_operation_did_not_end_is_closed() {
    runtime().block_on(async {
        let pools = pools(2);
        drop(pools.take().await.unwrap());
        assert_eq!(pools.limit.open(), 0);
        let mut failed = pools.take().await.unwrap();
        failed.fail();
        assert_eq!(pools.limit.open(), 0);
        drop(failed);
        put_back(pools.take().await.unwrap());
        assert_eq!(pools.limit.open(), 1);
    });
}

#[test]
fn closing_waits_for_connections_in_use() {
    runtime().block_on(async {
        let pools = pools(2);
        let held = pools.take().await.unwrap();
        put_back(pools.take().await.unwrap());
        let closing = tokio::spawn({
            let pools = pools.clone();
            async move { pools.close().await }
        });
        while pools.limit.open() > 1 {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished());
        put_back(held);
        closing.await.unwrap();
        assert!(matches!(pools.take().await, Err(Error::PoolClosed)));
    });
}

/// A statement that takes far longer than it takes to close a connection.
const LONG: &str = "CREATE TABLE long AS WITH RECURSIVE n(i) AS \
     (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n";

#[test]
fn closing_waits_for_a_statement_of_an_operation_that_was_given_up() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db"));
        let options = options.create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal);
        let pools = RuntimePools::new(Opener::<Sqlite>::new(options), 1, LIMIT);
        let mut held = pools.take().await.unwrap();
        {
            let mut statement = pin!(sqlx::query(LONG).execute(held.connection()));
            let poll = statement
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending());
        }
        drop(held);
        pools.close().await;
        assert!(!folder.path().join("a.db-wal").exists());
    });
}

#[test]
fn an_operation_that_waits_opens_a_connection_in_place_of_one_that_failed() {
    runtime().block_on(async {
        let pools = pools(3);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(pools.take().await.unwrap());
        }
        let waiting = tokio::spawn({
            let pools = pools.clone();
            async move { pools.take().await.map(put_back) }
        });
        tokio::task::yield_now().await;
        for mut failed in held.drain(..2) {
            failed.fail();
        }
        waiting.await.unwrap().unwrap();
        assert_eq!(pools.limit.open(), 2);
    });
}

#[test]
fn an_operation_that_waits_opens_a_connection_when_another_runtime_has_closed_one() {
    let (first, second) = (runtime(), runtime());
    let pools = first.block_on(async { pools(4) });
    let mut of_second = [(); 2].map(|()| second.block_on(pools.take()).ok());
    first.block_on(async {
        let _of_first = [pools.take().await.unwrap(), pools.take().await.unwrap()];
        assert!(has_to_wait(&pools));
        let waiting = tokio::spawn({
            let pools = pools.clone();
            async move { pools.take().await.map(put_back) }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        of_second[0] = None;
        waiting.await.unwrap().unwrap();
    });
}

/// The answers of SQLite come unread while the worker computes.
#[test]
fn operations_wait_for_a_connection_while_their_worker_computes_longer_than_the_limit() {
    runtime().block_on(async {
        let pools = pools(1);
        let operations = [(); 3].map(|()| {
            let pools = pools.clone();
            tokio::spawn(async move {
                let mut held = pools.take().await?;
                assert!(held.is_alive().await);
                put_back(held);
                Ok::<_, Error>(())
            })
        });
        tokio::spawn(async {
            let begun = Instant::now();
            while begun.elapsed() < LIMIT * 2 {
                thread::yield_now();
            }
        });
        for operation in operations {
            operation.await.unwrap().unwrap();
        }
    });
}

#[test]
fn connections_that_were_idle_during_a_failure_are_pinged_but_neither_new_nor_kept_longer() {
    runtime().block_on(async {
        let pools = pools(3);
        let (first, second) = (pools.take().await.unwrap(), pools.take().await.unwrap());
        let mut failed = pools.take().await.unwrap();
        assert!(first.is_new() && failed.is_new());
        put_back(first);
        put_back(second);
        failed.fail();
        drop(failed);
        let again = pools.take().await.unwrap();
        assert!(!again.is_new());
        put_back(again);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(200)).await;
        tokio::time::resume();
        let all_closed = async {
            while pools.limit.open() > 0 {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(within(PATIENCE, all_closed).await, Some(()));
    });
}
