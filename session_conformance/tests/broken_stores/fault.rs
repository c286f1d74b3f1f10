use std::fmt::Debug;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
    SessionSummary, StoreError, TouchOutcome,
};
use session::{Principal, SessionId};
use session_memory::InMemorySessionStore;
use time::UtcDateTime;
use tokio::sync::Mutex;

pub type Outcome<T> = Result<T, StoreError>;

/// A store whose records are not shared, so that a fault can take one and change it.
#[derive(Debug, Default)]
pub struct Correct(InMemorySessionStore);

impl Correct {
    pub async fn create(&self, record: &SessionRecord) -> Outcome<CreateOutcome> {
        self.0.create(&Arc::new(record.clone())).await
    }

    pub async fn load(&self, id: SessionId) -> Outcome<Option<SessionRecord>> {
        Ok(self.0.load(id).await?.map(Arc::unwrap_or_clone))
    }

    pub async fn replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        self.0.replace(&Arc::new(record.clone()), expected).await
    }
}

/// The other operations.
impl Deref for Correct {
    type Target = InMemorySessionStore;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// What is wrong with a store: the methods that it does otherwise than a correct one.
#[async_trait::async_trait]
pub trait Fault: Debug + Default + Send + Sync + 'static {
    /// Whether operations are kept from each other, so that nothing but the fault is wrong.
    const ATOMIC: bool = true;

    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        store.create(record).await
    }

    async fn load(&self, store: &Correct, id: SessionId) -> Outcome<Option<SessionRecord>> {
        store.load(id).await
    }

    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        store.replace(record, expected).await
    }

    async fn touch(
        &self,
        store: &Correct,
        id: SessionId,
        extension: Extension,
    ) -> Outcome<TouchOutcome> {
        store.touch(id, extension).await
    }

    async fn delete(&self, store: &Correct, id: SessionId) -> Outcome<()> {
        store.delete(id).await
    }

    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(before, batch).await
    }

    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        store.sessions_of(owner).await
    }

    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        store.delete_all_of(owner, except).await
    }
}

/// Puts the record in the place of whatever is there.
pub async fn overwrite(store: &Correct, record: &SessionRecord) -> Outcome<()> {
    store.delete(record.id).await?;
    store.create(record).await.map(|_| ())
}

/// Several turns, since the task that just began to wait may be the next to run.
pub async fn others_have_a_turn() {
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
}

/// A correct store with a fault.
#[derive(Debug, Default)]
pub struct Broken<F> {
    store: Correct,
    fault: F,
    lock: Mutex<()>,
}

macro_rules! faulty {
    ($self:ident . $method:ident ($($argument:expr),*)) => {{
        let _guard = match F::ATOMIC {
            true => Some($self.lock.lock().await),
            false => None,
        };
        $self.fault.$method(&$self.store, $($argument),*).await
    }};
}

#[async_trait::async_trait]
impl<F: Fault> SessionStorageBackend for Broken<F> {
    async fn create(&self, record: &Arc<SessionRecord>) -> Outcome<CreateOutcome> {
        faulty!(self.create(record))
    }

    async fn load(&self, id: SessionId) -> Outcome<Option<Arc<SessionRecord>>> {
        Ok(faulty!(self.load(id))?.map(Arc::new))
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        faulty!(self.replace(record, expected))
    }

    async fn touch(&self, id: SessionId, extension: Extension) -> Outcome<TouchOutcome> {
        faulty!(self.touch(id, extension))
    }

    async fn delete(&self, id: SessionId) -> Outcome<()> {
        faulty!(self.delete(id))
    }

    async fn delete_expired(&self, before: UtcDateTime, batch: NonZeroU32) -> Outcome<u64> {
        faulty!(self.delete_expired(before, batch))
    }

    async fn sessions_of(&self, owner: &Principal) -> Outcome<Vec<SessionSummary>> {
        faulty!(self.sessions_of(owner))
    }

    async fn delete_all_of(&self, owner: &Principal, except: Option<SessionId>) -> Outcome<u64> {
        faulty!(self.delete_all_of(owner, except))
    }
}
