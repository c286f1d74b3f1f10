//! Faults of a cache in front of the records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::SessionRecord;
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store};

/// Answers a load from memory if there was one before, and forgets the record when that record is
/// written or deleted by its id, but not when the sessions of a principal end.
#[derive(Debug, Default)]
pub struct CacheSurvivesRevocations {
    loaded: Mutex<HashMap<SessionId, Arc<SessionRecord>>>,
}

impl Fault for CacheSurvivesRevocations {}

#[async_trait::async_trait]
impl Interceptor for CacheSurvivesRevocations {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Load(id) => {
                let cached = self.loaded.lock().unwrap().get(&id).cloned();
                if cached.is_some() {
                    return Ok(Answer::Load(cached));
                }
                let loaded = store.load(id).await?;
                if let Some(record) = &loaded {
                    self.loaded.lock().unwrap().insert(id, record.clone());
                }
                return Ok(Answer::Load(loaded));
            }
            Operation::Replace(record, _) => self.forget(record.id),
            Operation::Touch(id, ..) | Operation::Delete(id, _) => self.forget(id),
            _ => {}
        }
        operation.run(store).await
    }
}

impl CacheSurvivesRevocations {
    fn forget(&self, id: SessionId) {
        self.loaded.lock().unwrap().remove(&id);
    }
}
