//! Faults in `delete_all_of_origin`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{OriginHash, Page, SessionRecord, StoreError};
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store, changed, fault, yield_to_others};

/// The versions of each record that were ever written.
type Versions = BTreeMap<SessionId, Vec<Arc<SessionRecord>>>;

/// A wrong choice of the sessions that a revocation of an origin ends.
pub trait Choice: std::fmt::Debug + Default + Send + Sync + 'static {
    fn ends(asked: &OriginHash, record: &SessionRecord, versions: &Versions) -> bool;
}

macro_rules! choice {
    ($name:ident, |$asked:ident, $record:ident, $versions:ident| $ends:expr) => {
        #[derive(Debug, Default)]
        pub struct $name;

        impl Choice for $name {
            fn ends($asked: &OriginHash, $record: &SessionRecord, $versions: &Versions) -> bool {
                $ends
            }
        }
    };
}

choice!(PastOrigins, |asked, record, versions| {
    versions[&record.id]
        .iter()
        .any(|it| it.origin == Some(*asked))
});
choice!(FirstOrigins, |asked, record, versions| {
    versions[&record.id][0].origin == Some(*asked)
});
choice!(UnlessReplaced, |asked, record, versions| {
    versions[&record.id].len() == 1 && record.origin == Some(*asked)
});
choice!(UnlessTouched, |asked, record, versions| {
    let written = versions[&record.id].last().unwrap();
    record.expires_at == written.expires_at && record.origin == Some(*asked)
});
choice!(FirstBytes, |asked, record, _versions| {
    let start = |origin: &OriginHash| origin.as_bytes()[..15].to_vec();
    record.origin.as_ref().map(start) == Some(start(asked))
});
choice!(OfFirstPrincipals, |asked, record, versions| {
    record.principal == versions[&record.id][0].principal && record.origin == Some(*asked)
});
choice!(OfPrincipalsOnly, |asked, record, _versions| {
    record.principal.is_some() && record.origin == Some(*asked)
});
choice!(AllOfThePrincipal, |asked, record, versions| {
    let of_origin = |it: &&Arc<SessionRecord>| it.origin == Some(*asked);
    let mut owners = versions.values().flatten().filter(of_origin);
    record.origin == Some(*asked)
        || owners.any(|it| it.principal.is_some() && it.principal == record.principal)
});
choice!(WithoutOriginIfUnknown, |asked, record, versions| {
    let is_known = versions
        .values()
        .flatten()
        .any(|it| it.origin == Some(*asked));
    record.origin == is_known.then_some(*asked)
});

/// Ends the sessions of a wrong choice.
#[derive(Debug, Default)]
pub struct Ends<C>(Mutex<Versions>, C);

impl<C: Choice> Fault for Ends<C> {}

#[async_trait::async_trait]
impl<C: Choice> Interceptor for Ends<C> {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        if let Operation::Create(record) | Operation::Replace(record, _) = operation {
            let mut versions = self.0.lock().unwrap();
            versions.entry(record.id).or_default().push(record.clone());
        }
        let Operation::DeleteAllOfOrigin(asked) = operation else {
            return operation.run(store).await;
        };
        let versions = self.0.lock().unwrap().clone();
        let mut count = 0;
        for id in versions.keys() {
            let record = store.load(*id).await?;
            if record.is_some_and(|record| C::ends(asked, &record, &versions)) {
                count += u64::from(store.delete(*id, None).await?);
            }
        }
        Ok(Answer::DeleteAllOfOrigin(count))
    }
}

fault!(OriginRevocationDoesNothing, |_store| Operation::DeleteAllOfOrigin(_) => {
    Ok(Answer::DeleteAllOfOrigin(0))
});

fault!(OriginRevocationHidesTheCount, |store| Operation::DeleteAllOfOrigin(origin) => {
    store.delete_all_of_origin(origin).await?;
    Ok(Answer::DeleteAllOfOrigin(0))
});

fault!(CreateForgetsTheOrigin, |store| Operation::Create(record) => {
    let forgotten = changed(record, |it| it.origin = None);
    Ok(Answer::Create(store.create(&forgotten).await?))
});

// As an `UPDATE` without that column.
fault!(ReplaceForgetsTheOrigin, |store| Operation::Replace(record, expected) => {
    let stored = store.load(record.id).await?;
    let forgotten = changed(record, |it| {
        it.origin = stored.map_or(it.origin, |stored| stored.origin);
    });
    Ok(Answer::Replace(store.replace(&forgotten, expected).await?))
});

fault!(LoadHidesOrigins, |store| Operation::Load(id) => {
    let record = store.load(id).await?;
    Ok(Answer::Load(record.map(|record| changed(&record, |it| it.origin = None))))
});

/// Counts each session that ever had the origin, once.
#[derive(Debug, Default)]
pub struct OriginRevocationCountsTheIndex(Mutex<Vec<(OriginHash, SessionId)>>);

impl Fault for OriginRevocationCountsTheIndex {}

#[async_trait::async_trait]
impl Interceptor for OriginRevocationCountsTheIndex {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => {
                let origin = record.origin.map(|origin| (origin, record.id));
                self.0.lock().unwrap().extend(origin);
                operation.run(store).await
            }
            Operation::DeleteAllOfOrigin(origin) => {
                store.delete_all_of_origin(origin).await?;
                let mut index = self.0.lock().unwrap();
                let before = index.len();
                index.retain(|(it, _)| it != origin);
                let count = before - index.len();
                Ok(Answer::DeleteAllOfOrigin(count.try_into().unwrap()))
            }
            other => other.run(store).await,
        }
    }
}

/// Looks for the sessions of the principals in the rules about races that have this origin.
async fn found(store: &Store, origin: &OriginHash) -> Result<Vec<SessionId>, StoreError> {
    let mut found = Vec::new();
    for name in [
        "ada", "owner-0", "owner-1", "owner-2", "owner-3", "owner-4", "owner-5",
    ] {
        for summary in store
            .sessions_of(&session_conformance::principal(name), Page::ALL)
            .await?
        {
            let record = store.load(summary.id).await?;
            found.extend(
                record
                    .filter(|it| it.origin == Some(*origin))
                    .map(|it| it.id),
            );
        }
    }
    Ok(found)
}

fault!(interleaved OriginRevocationIsOneByOne, |store| Operation::DeleteAllOfOrigin(origin) => {
    let found = found(store, origin).await?;
    for id in &found {
        store.delete(*id, None).await?;
        yield_to_others().await;
    }
    Ok(Answer::DeleteAllOfOrigin(found.len().try_into().unwrap()))
});

fault!(interleaved OriginRevocationCountsBefore, |store| Operation::DeleteAllOfOrigin(origin) => {
    let found = found(store, origin).await?;
    yield_to_others().await;
    store.delete_all_of_origin(origin).await?;
    Ok(Answer::DeleteAllOfOrigin(found.len().try_into().unwrap()))
});

/// Skips records that are being written.
#[derive(Debug, Default)]
pub struct OriginRevocationSkipsLockedRecords {
    writers: AtomicU32,
}

impl Fault for OriginRevocationSkipsLockedRecords {
    const INTERLEAVED: bool = true;
}

#[async_trait::async_trait]
impl Interceptor for OriginRevocationSkipsLockedRecords {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Replace(..) | Operation::Touch(..) => {
                self.writers.fetch_add(1, Ordering::SeqCst);
                yield_to_others().await;
                let outcome = operation.run(store).await;
                self.writers.fetch_sub(1, Ordering::SeqCst);
                outcome
            }
            Operation::DeleteAllOfOrigin(_) if self.writers.load(Ordering::SeqCst) > 0 => {
                Ok(Answer::DeleteAllOfOrigin(0))
            }
            _ => operation.run(store).await,
        }
    }
}
