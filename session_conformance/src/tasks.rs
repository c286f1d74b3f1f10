//! Operations that run in parallel, and operations that are cancelled.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// Starts the tasks at the same time, and returns their results in the order of the tasks.
pub(crate) async fn in_parallel<T, Fut>(tasks: impl IntoIterator<Item = Fut>) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = tasks.into_iter().collect();
    let barrier = Arc::new(Barrier::new(tasks.len()));
    let running = tasks.into_iter().map(|task| start(&barrier, task));
    let mut outcomes = Vec::new();
    for task in running.collect::<Vec<_>>() {
        outcomes.push(outcome(task).await);
    }
    outcomes
}

/// Starts two tasks at the same time; their results may have different types.
pub(crate) async fn both<A, B>(
    a: impl Future<Output = A> + Send + 'static,
    b: impl Future<Output = B> + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let barrier = Arc::new(Barrier::new(2));
    let (a, b) = (start(&barrier, a), start(&barrier, b));
    (outcome(a).await, outcome(b).await)
}

/// Starts a task, which begins once all tasks have reached the barrier.
fn start<T: Send + 'static>(
    barrier: &Arc<Barrier>,
    task: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let barrier = barrier.clone();
    tokio::spawn(async move {
        barrier.wait().await;
        task.await
    })
}

/// Returns the result of a task, or continues its panic.
async fn outcome<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Drops the future after it has yielded to other tasks `yields` times, unless it is ready before.
pub(crate) async fn cancel_after<T>(future: impl Future<Output = T>, yields: u32) -> Option<T> {
    let patience = async {
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        outcome = future => Some(outcome),
        () = patience => None,
    }
}
