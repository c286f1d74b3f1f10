//! Faults in `sessions_of`.

use std::sync::{Arc, Mutex};

use session::Principal;
use session::store::{CreateOutcome, SessionRecord, SessionSummary};
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store, fault};

fault!(SessionsAreReversed, |store| Operation::SessionsOf(owner) => {
    list_and_change(store, owner, |summaries| summaries.reverse()).await
});

fault!(SessionsAreOrderedAsSigned, |store| Operation::SessionsOf(owner) => {
    list_and_change(store, owner, |summaries| {
        let signed = |it: &SessionSummary| it.id.as_uuid().into_bytes().map(|byte| byte as i8);
        summaries.sort_by_key(signed);
    })
    .await
});

fault!(SessionsAreLimited, |store| Operation::SessionsOf(owner) => {
    list_and_change(store, owner, |summaries| summaries.truncate(50)).await
});

fault!(SummariesLackTheLabel, |store| Operation::SessionsOf(owner) => {
    list_and_change(store, owner, |summaries| {
        summaries.iter_mut().for_each(|summary| summary.label = None);
    })
    .await
});

fault!(SummariesLackTheLogIn, |store| Operation::SessionsOf(owner) => {
    list_and_change(store, owner, |summaries| {
        summaries.iter_mut().for_each(|summary| summary.authenticated_at = None);
    })
    .await
});

/// Lists sessions as they were when they were created.
#[derive(Debug, Default)]
pub struct SessionsAreStale {
    created: Mutex<Vec<Arc<SessionRecord>>>,
}

impl Fault for SessionsAreStale {}

#[async_trait::async_trait]
impl Interceptor for SessionsAreStale {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => {
                let outcome = store.create(record).await?;
                if outcome == CreateOutcome::Created {
                    self.created.lock().unwrap().push(record.clone());
                }
                Ok(Answer::Create(outcome))
            }
            Operation::SessionsOf(owner) => Ok(Answer::SessionsOf(self.list(owner))),
            other => other.run(store).await,
        }
    }
}

impl SessionsAreStale {
    fn list(&self, owner: &Principal) -> Vec<SessionSummary> {
        let created = self.created.lock().unwrap();
        let is_owned = |record: &&Arc<SessionRecord>| record.principal.as_ref() == Some(owner);
        let owned = created.iter().filter(is_owned);
        let mut summaries: Vec<_> = owned.map(|record| record.summary()).collect();
        summaries.sort_by_key(|summary| summary.id);
        summaries
    }
}

/// Lists the sessions correctly, then changes the list.
async fn list_and_change(
    store: &Store,
    owner: &Principal,
    change: impl FnOnce(&mut Vec<SessionSummary>) + Send,
) -> Outcome {
    let mut summaries = store.sessions_of(owner).await?;
    change(&mut summaries);
    Ok(Answer::SessionsOf(summaries))
}
