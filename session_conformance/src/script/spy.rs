use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use session::store::{
    CreateOutcome, ReplaceOutcome, SessionStorageBackend, StoreError, StoreErrorKind, TouchOutcome,
};
use session::testing::{Answer, Interceptor, Operation};

/// Passes all operations on to the store under test, and logs their names and outcomes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spy {
    log: Arc<Mutex<Vec<&'static str>>>,
    /// The number of times that the task yields before each operation.
    yields: u32,
    hides_records: Arc<AtomicBool>,
}

impl Spy {
    /// Simulates a slow store: before each operation, the task yields to other tasks.
    pub(crate) fn slow(yields: u32) -> Self {
        Self {
            yields,
            ..Self::default()
        }
    }

    /// Makes each load fail, as if a newer release had written the records.
    pub(crate) fn hide_records(&self) {
        self.hides_records.store(true, Ordering::Relaxed);
    }

    /// Returns the entries since the last call.
    pub(crate) fn take_log(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait::async_trait]
impl Interceptor for Spy {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        for _ in 0..self.yields {
            tokio::task::yield_now().await;
        }
        let hides = self.hides_records.load(Ordering::Relaxed);
        let answer = match operation {
            Operation::Load(_) if hides => Err(unreadable()),
            _ => operation.run(store).await,
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(entry(operation, &answer));
        drop(log);
        answer
    }
}

fn unreadable() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::InvalidData);
    StoreError::new(StoreErrorKind::InvalidRecord, cause)
}

fn entry(operation: Operation<'_>, answer: &Result<Answer, StoreError>) -> &'static str {
    match answer {
        Ok(Answer::Create(CreateOutcome::DuplicateId)) => "create: duplicate",
        Ok(Answer::Load(None)) => "load: none",
        Ok(Answer::Replace(ReplaceOutcome::Conflict)) => "replace: conflict",
        Ok(Answer::Replace(ReplaceOutcome::Gone)) => "replace: gone",
        Ok(Answer::Touch(TouchOutcome::Gone)) => "touch: gone",
        Ok(Answer::Touch(TouchOutcome::Superseded)) => "touch: superseded",
        Ok(_) => operation.name(),
        Err(_) => "error",
    }
}
