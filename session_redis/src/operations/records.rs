use std::sync::Arc;

use redis::{Value, cmd};
use session::SessionId;
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SecretHash, SessionRecord, StoreError,
    TouchOutcome, to_micros,
};

use super::answer::{Answer, Listing, Written, registration_expired, time_of, too_many_conflicts};
use super::index::Index;
use super::keyspace::Keyspace;
use super::registration::{Registration, kept_until};
use crate::record::decode;
use crate::record::encode::encode;
use crate::record::numbers::{expiry, ordered};
use crate::record::owners::Owners;
use crate::record::unreadable::Unreadable;
use crate::scripts::call::{Argument, Call};
use crate::scripts::{CREATE, DELETE, REPLACE, TOUCH};

/// The records of a store, each by its id.
pub(crate) struct Records {
    keyspace: Arc<Keyspace>,
    index: Index,
}

/// The most attempts to write a record. A second one is made if the session has to be registered
/// first. A further one needs another request that changes the record at that moment.
const MAX_ATTEMPTS: u32 = 8;

impl Records {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self {
            index: Index::new(keyspace.clone()),
            keyspace,
        }
    }

    pub(crate) async fn create(&self, record: &SessionRecord) -> Result<CreateOutcome, StoreError> {
        let owners = Owners::of(record);
        match owners.are_none() {
            true => self.create_unregistered(record).await,
            false => self.create_registered(record, &owners).await,
        }
    }

    async fn create_unregistered(
        &self,
        record: &SessionRecord,
    ) -> Result<CreateOutcome, StoreError> {
        let mut set = cmd("SET");
        set.arg(self.keyspace.prefix.record(record.id))
            .arg(encode(record, None))
            .arg("NX")
            .arg("PXAT")
            .arg(expiry(record.expires_at));
        match self.keyspace.topology.send(&set).await? {
            Value::Nil => Ok(CreateOutcome::DuplicateId),
            _ => Ok(CreateOutcome::Created),
        }
    }

    async fn create_registered(
        &self,
        record: &SessionRecord,
        owners: &Owners,
    ) -> Result<CreateOutcome, StoreError> {
        let until = kept_until(
            to_micros(record.last_active_at),
            to_micros(record.expires_at),
        );
        let registration = self.index.register(record.id, owners, until);
        let registration = registration.await?;
        let call = Call {
            keys: &[self.keyspace.prefix.record(record.id)],
            arguments: &[
                Argument::Bytes(&encode(record, Some(registration.until))),
                Argument::Number(expiry(record.expires_at)),
                Argument::Number(registration.valid_until),
            ],
        };
        let answer: String = self.keyspace.topology.run(&CREATE, &call).await?;
        match answer.as_str() {
            "created" => Ok(CreateOutcome::Created),
            "duplicate" => Ok(CreateOutcome::DuplicateId),
            _ => Err(registration_expired()),
        }
    }

    pub(crate) async fn load(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let mut get = cmd("GET");
        get.arg(self.keyspace.prefix.record(id));
        match self.keyspace.topology.send(&get).await? {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(decode::record(id, &value)?)),
            _ => Err(Unreadable::Field("version").into()),
        }
    }

    pub(crate) async fn replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        let mut registration = None;
        for _ in 0..MAX_ATTEMPTS {
            match self.try_replace(record, expected, registration).await? {
                Written::Outcome(outcome) => return Ok(outcome),
                Written::Unregistered(deadline) => {
                    registration = Some(self.register(record, time_of(deadline)).await?);
                }
                Written::Listed(Listing { until, .. }) => {
                    let owners = Owners::of(record);
                    self.index.list_again(record.id, &owners, until).await;
                    return Ok(ReplaceOutcome::Replaced);
                }
            }
        }
        Err(too_many_conflicts(MAX_ATTEMPTS))
    }

    async fn try_replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
        registration: Option<Registration>,
    ) -> Result<Written<ReplaceOutcome>, StoreError> {
        let valid_until = registration.map(|it| Argument::Number(it.valid_until));
        let call = Call {
            keys: &[self.keyspace.prefix.record(record.id)],
            arguments: &[
                Argument::Bytes(&ordered(expected.as_i64())),
                Argument::Bytes(&encode(record, registration.map(|it| it.until))),
                Argument::Number(expiry(record.expires_at)),
                Argument::Number(SessionRecord::VERSION.into()),
                valid_until.unwrap_or(Argument::Nothing),
            ],
        };
        let answer: Answer = self.keyspace.topology.run(&REPLACE, &call).await?;
        answer.written(replaced)
    }

    async fn register(
        &self,
        record: &SessionRecord,
        deadline: i64,
    ) -> Result<Registration, StoreError> {
        let until = kept_until(to_micros(record.last_active_at), deadline);
        let owners = Owners::of(record);
        self.index.register(record.id, &owners, until).await
    }

    pub(crate) async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        let until = kept_until(
            to_micros(extension.last_active_at),
            to_micros(extension.expires_at),
        );
        let mut registered = None;
        for _ in 0..MAX_ATTEMPTS {
            let touched = self.try_touch(id, expected, extension, registered.as_ref());
            match touched.await? {
                Written::Outcome(outcome) => return Ok(outcome),
                Written::Unregistered(owners) => {
                    let owners = decode::owners(&owners)?;
                    let registration = self.index.register(id, &owners, until).await?;
                    registered = Some((owners, registration));
                }
                Written::Listed(Listing { until, owners }) => {
                    let owners = decode::owners(&owners)?;
                    self.index.list_again(id, &owners, until).await;
                    return Ok(TouchOutcome::Touched);
                }
            }
        }
        Err(too_many_conflicts(MAX_ATTEMPTS))
    }

    async fn try_touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
        registered: Option<&(Owners, Registration)>,
    ) -> Result<Written<TouchOutcome>, StoreError> {
        let (owners, until, valid_until) = match registered {
            Some((owners, it)) => (owners.field(), ordered(it.until), it.valid_until),
            None => (vec![], [0; 8], 0),
        };
        let call = Call {
            keys: &[self.keyspace.prefix.record(id)],
            arguments: &[
                Argument::Bytes(&ordered(to_micros(extension.last_active_at))),
                Argument::Bytes(&ordered(to_micros(extension.expires_at))),
                Argument::Number(expiry(extension.expires_at)),
                Argument::Bytes(expected.as_bytes()),
                Argument::Bytes(&owners),
                Argument::Bytes(&until),
                Argument::Number(valid_until),
            ],
        };
        let answer: Answer = self.keyspace.topology.run(&TOUCH, &call).await?;
        answer.written(touched)
    }

    pub(crate) async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError> {
        let key = self.keyspace.prefix.record(id);
        let Some(secret) = expected else {
            let unlinked = self.keyspace.topology.send(cmd("UNLINK").arg(key)).await?;
            return Ok(unlinked == Value::Int(1));
        };
        let call = Call {
            keys: &[key],
            arguments: &[Argument::Bytes(secret.as_bytes())],
        };
        let deleted: u64 = self.keyspace.topology.run(&DELETE, &call).await?;
        Ok(deleted == 1)
    }
}

fn replaced(word: &str) -> Option<ReplaceOutcome> {
    match word {
        "replaced" => Some(ReplaceOutcome::Replaced),
        "conflict" => Some(ReplaceOutcome::Conflict),
        "gone" => Some(ReplaceOutcome::Gone),
        _ => None,
    }
}

fn touched(word: &str) -> Option<TouchOutcome> {
    match word {
        "touched" => Some(TouchOutcome::Touched),
        "superseded" => Some(TouchOutcome::Superseded),
        "gone" => Some(TouchOutcome::Gone),
        _ => None,
    }
}
