use std::sync::{Arc, Mutex, PoisonError};

use session::store::{SessionStorageBackend, StoreError};
use session::testing::{Answer, Interceptor, Operation};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Stops chosen operations before their effect and after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stops(Arc<Mutex<Vec<Stop>>>);

#[derive(Clone, Debug)]
struct Stop {
    operation: &'static str,
    /// One permit for each of the two points that the operation has come to.
    reached: Arc<Semaphore>,
    /// One permit for each of the two points that it may pass.
    passes: Arc<Semaphore>,
}

/// A task with one operation that is stopped twice.
#[derive(Debug)]
pub(crate) struct StoppedTask {
    stop: Stop,
    task: JoinHandle<()>,
}

impl Stops {
    /// Starts a task, and waits until its next operation of that name is about to take effect.
    pub(crate) async fn start(
        &self,
        operation: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> StoppedTask {
        let [reached, passes] = [(); 2].map(|()| Arc::new(Semaphore::new(0)));
        let stop = Stop {
            operation,
            reached,
            passes,
        };
        self.stops().push(stop.clone());
        let task = tokio::spawn(task);
        wait(&stop.reached).await;
        StoppedTask { stop, task }
    }

    fn next(&self, operation: &str) -> Option<Stop> {
        let mut stops = self.stops();
        let at = stops.iter().position(|stop| stop.operation == operation)?;
        Some(stops.remove(at))
    }

    fn stops(&self) -> std::sync::MutexGuard<'_, Vec<Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoppedTask {
    /// Lets the operation take effect.
    pub(crate) async fn take_effect(&self) {
        self.stop.passes.add_permits(1);
        wait(&self.stop.reached).await;
    }

    /// Lets the operation end, and the task with it.
    pub(crate) async fn end(self) {
        self.stop.passes.add_permits(1);
        if let Err(error) = self.task.await {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

impl Stop {
    async fn come_to_a_point(&self) {
        self.reached.add_permits(1);
        wait(&self.passes).await;
    }
}

async fn wait(semaphore: &Semaphore) {
    let permit = semaphore.acquire().await;
    permit.expect("nobody closes it").forget();
}

#[async_trait::async_trait]
impl Interceptor for Stops {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Some(stop) = self.next(operation.name()) else {
            return operation.run(store).await;
        };
        stop.come_to_a_point().await;
        let answer = operation.run(store).await;
        stop.come_to_a_point().await;
        answer
    }
}
