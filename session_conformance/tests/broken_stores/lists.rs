//! Faults in `sessions_of`.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use session::Principal;
use session::store::{CreateOutcome, Page, SessionRecord, SessionSummary};
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store, fault};

fault!(SessionsAreReversed, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| summaries.reverse()).await
});

fault!(SessionsAreOrderedAsSigned, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| {
        let signed = |it: &SessionSummary| it.id.as_uuid().into_bytes().map(|byte| byte as i8);
        summaries.sort_by_key(signed);
    })
    .await
});

fault!(SessionsAreLimited, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| summaries.truncate(50)).await
});

fault!(SummariesLackTheLabel, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| {
        summaries.iter_mut().for_each(|summary| summary.label = None);
    })
    .await
});

fault!(SummariesLackTheLogIn, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| {
        summaries.iter_mut().for_each(|summary| summary.authenticated_at = None);
    })
    .await
});

fault!(PagesIgnoreTheLimit, |store| Operation::SessionsOf(owner, page) => {
    let page = Page { limit: NonZeroU32::MAX, ..page };
    list_and_change(store, owner, page, |_| ()).await
});

fault!(PagesIgnoreTheirBeginning, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, Page { after: None, ..page }, |_| ()).await
});

// Compares with `>=` in place of `>`.
fault!(PagesBeginWithTheLastSession, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, Page::ALL, |summaries| {
        summaries.retain(|summary| Some(summary.id) >= page.after);
        summaries.truncate(page.max_len());
    })
    .await
});

// Searches for the session that the page begins after.
fault!(PagesBeginAfterASessionThatIsThere, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, Page::ALL, |summaries| {
        if let Some(after) = page.after {
            let found = summaries.iter().position(|summary| summary.id == after);
            summaries.drain(..found.map_or(summaries.len(), |n| n + 1));
        }
        summaries.truncate(page.max_len());
    })
    .await
});

// Limits the sessions before some of them are left out.
fault!(PagesAreShort, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, page, |summaries| {
        if summaries.len() == page.max_len() && summaries.len() > 1 {
            summaries.pop();
        }
    })
    .await
});

fault!(PagesHaveTheLastSessions, |store| Operation::SessionsOf(owner, page) => {
    list_and_change(store, owner, Page::ALL, |summaries| {
        summaries.retain(|summary| Some(summary.id) > page.after);
        summaries.drain(..summaries.len().saturating_sub(page.max_len()));
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
            Operation::SessionsOf(owner, page) => Ok(Answer::SessionsOf(self.list(owner, page))),
            other => other.run(store).await,
        }
    }
}

impl SessionsAreStale {
    fn list(&self, owner: &Principal, page: Page) -> Vec<SessionSummary> {
        let created = self.created.lock().unwrap();
        let is_owned = |record: &&Arc<SessionRecord>| record.principal.as_ref() == Some(owner);
        let owned = created.iter().filter(is_owned);
        let mut summaries: Vec<_> = owned.map(|record| record.summary()).collect();
        summaries.sort_by_key(|summary| summary.id);
        summaries.retain(|summary| Some(summary.id) > page.after);
        summaries.truncate(page.max_len());
        summaries
    }
}

/// Lists the sessions correctly, then changes the list.
async fn list_and_change(
    store: &Store,
    owner: &Principal,
    page: Page,
    change: impl FnOnce(&mut Vec<SessionSummary>) + Send,
) -> Outcome {
    let mut summaries = store.sessions_of(owner, page).await?;
    change(&mut summaries);
    Ok(Answer::SessionsOf(summaries))
}
