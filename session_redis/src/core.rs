use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use redis::{Value, cmd};
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionSummary, StoreError,
    StoreErrorKind, TouchOutcome,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

use crate::KeyPrefix;
use crate::codec::{self, Unreadable, micros, ordered};
use crate::errors::store_error;
use crate::index::{self, Entries, Listing};
use crate::link::Link;
use crate::scripts::{self, Argument, Call};
use crate::turns::Turns;

/// The operations of the contract.
pub(crate) struct Core {
    pub(crate) link: Arc<Link>,
    pub(crate) prefix: KeyPrefix,
    /// For the operations on several records, where these are on several servers.
    turns: Option<Turns>,
}

impl Core {
    pub(crate) fn new(link: Link, prefix: KeyPrefix) -> Self {
        let turns = link.is_cluster().then(Turns::new);
        Self {
            link: Arc::new(link),
            prefix,
            turns,
        }
    }

    /// The same servers, with other keys.
    pub(crate) fn with_prefix(&self, prefix: KeyPrefix) -> Self {
        Self {
            link: self.link.clone(),
            prefix,
            turns: self.link.is_cluster().then(Turns::new),
        }
    }

    pub(crate) async fn create(&self, record: &SessionRecord) -> Result<CreateOutcome, StoreError> {
        let Some(principal) = &record.principal else {
            return self.create_unlisted(record).await;
        };
        let until = index::entry_until(micros(record.last_active_at), micros(record.expires_at));
        let listing = self.list(record.id, principal.as_str(), until).await?;
        let value = codec::encode(record, Some(listing.until));
        let call = Call {
            keys: &[self.prefix.record(record.id)],
            arguments: &[
                Argument::Bytes(&value),
                Argument::Number(codec::expiry(record.expires_at)),
                Argument::Number(listing.fresh_until),
            ],
        };
        let outcome: String = self.run(&scripts::CREATE, &call).await?;
        match outcome.as_str() {
            "done" => Ok(CreateOutcome::Created),
            "duplicate" => Ok(CreateOutcome::DuplicateId),
            _ => Err(late()),
        }
    }

    /// For a record without a principal, a plain command does.
    async fn create_unlisted(&self, record: &SessionRecord) -> Result<CreateOutcome, StoreError> {
        let mut set = cmd("SET");
        set.arg(self.prefix.record(record.id))
            .arg(codec::encode(record, None))
            .arg("NX")
            .arg("PXAT")
            .arg(codec::expiry(record.expires_at));
        match self.link.send(&set).await.map_err(store_error)? {
            Value::Nil => Ok(CreateOutcome::DuplicateId),
            _ => Ok(CreateOutcome::Created),
        }
    }

    pub(crate) async fn load(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let mut get = cmd("GET");
        get.arg(self.prefix.record(id));
        match self.link.send(&get).await.map_err(store_error)? {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(codec::record(id, &value)?)),
            _ => Err(Unreadable::Field("version").into()),
        }
    }

    pub(crate) async fn replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        let mut listing = None;
        for _ in 0..ATTEMPTS {
            match self.try_replace(record, expected, listing).await? {
                Replaced::Done => return Ok(ReplaceOutcome::Replaced),
                Replaced::Conflict => return Ok(ReplaceOutcome::Conflict),
                Replaced::Gone => return Ok(ReplaceOutcome::Gone),
                Replaced::Late => return Err(late()),
                Replaced::Unlisted(deadline) => {
                    let name = record.principal.as_ref().map_or("", Principal::as_str);
                    let until = index::entry_until(micros(record.last_active_at), deadline);
                    listing = Some(self.list(record.id, name, until).await?);
                }
            }
        }
        Err(StoreError::new(StoreErrorKind::Unavailable, Unsteady))
    }

    async fn try_replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
        listing: Option<Listing>,
    ) -> Result<Replaced, StoreError> {
        let value = codec::encode(record, listing.map(|it| it.until));
        let fresh_until = listing.map(|it| Argument::Number(it.fresh_until));
        let call = Call {
            keys: &[self.prefix.record(record.id)],
            arguments: &[
                Argument::Bytes(&ordered(expected.as_i64())),
                Argument::Bytes(&value),
                Argument::Number(codec::expiry(record.expires_at)),
                Argument::Number(SessionRecord::VERSION.into()),
                fresh_until.unwrap_or(Argument::Nothing),
            ],
        };
        self.run(&scripts::REPLACE, &call).await.map(Replaced::of)
    }

    pub(crate) async fn touch(
        &self,
        id: SessionId,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        let mut listed: Option<(Vec<u8>, Listing)> = None;
        for _ in 0..ATTEMPTS {
            match self.try_touch(id, extension, listed.as_ref()).await? {
                Touched::Done => return Ok(TouchOutcome::Touched),
                Touched::Gone => return Ok(TouchOutcome::Gone),
                Touched::Late => return Err(late()),
                Touched::Damaged => return Err(Unreadable::Field("expires_at").into()),
                Touched::Unlisted(principal) => {
                    let name = str::from_utf8(&principal);
                    let name = name.map_err(|_| Unreadable::Field("principal"))?;
                    let Extension {
                        last_active_at,
                        expires_at,
                    } = extension;
                    let until = index::entry_until(micros(last_active_at), micros(expires_at));
                    let listing = self.list(id, name, until).await?;
                    listed = Some((principal, listing));
                }
            }
        }
        Err(StoreError::new(StoreErrorKind::Unavailable, Unsteady))
    }

    async fn try_touch(
        &self,
        id: SessionId,
        extension: Extension,
        listed: Option<&(Vec<u8>, Listing)>,
    ) -> Result<Touched, StoreError> {
        let field = listed.map_or(vec![], |(principal, _)| {
            // A length that was read from a single byte.
            let length = u8::try_from(principal.len()).unwrap_or(u8::MAX);
            [&[length], principal.as_slice()].concat()
        });
        let until = listed.map_or([0; 8], |(_, listing)| ordered(listing.until));
        let fresh_until = listed.map_or(0, |(_, listing)| listing.fresh_until);
        let call = Call {
            keys: &[self.prefix.record(id)],
            arguments: &[
                Argument::Bytes(&ordered(micros(extension.last_active_at))),
                Argument::Bytes(&ordered(micros(extension.expires_at))),
                Argument::Number(codec::expiry(extension.expires_at)),
                Argument::Bytes(&field),
                Argument::Bytes(&until),
                Argument::Number(fresh_until),
            ],
        };
        self.run(&scripts::TOUCH, &call).await.map(Touched::of)
    }

    pub(crate) async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        let mut unlink = cmd("UNLINK");
        unlink.arg(self.prefix.record(id));
        self.link.send(&unlink).await.map_err(store_error)?;
        Ok(())
    }

    pub(crate) async fn sessions_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let _turn = match &self.turns {
            Some(turns) => Some(turns.to_look(principal).await),
            None => None,
        };
        let entries = self.listed(principal).await?;
        let ids = entries.ids();
        let commands = ids.iter().map(|id| {
            let mut range = cmd("GETRANGE");
            range.arg(self.prefix.record(*id));
            range.arg(0).arg(codec::SUMMARY_BYTES - 1);
            range
        });
        let values = self.link.query_all::<Vec<u8>>(commands.collect()).await;
        let mut summaries = Vec::with_capacity(ids.len());
        for (id, value) in ids.iter().zip(values.map_err(store_error)?) {
            if codec::principal_of(&value) == Some(principal.as_str().as_bytes()) {
                summaries.push(codec::summary(*id, &value)?.1);
            }
        }
        let alive = summaries.iter().map(|summary| summary.id).collect();
        self.forget(principal, &entries, &alive).await;
        Ok(summaries)
    }

    /// Deletes all sessions of a principal that are listed: at one moment, where they are on one server.
    pub(crate) async fn delete_all_of(
        self: &Arc<Self>,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let (core, principal) = (self.clone(), principal.clone());
        self.to_its_end(async move {
            let _turn = match &core.turns {
                Some(turns) => Some(turns.to_delete(&principal).await),
                None => None,
            };
            let entries = core.listed(&principal).await?;
            let mut ids = entries.ids();
            let spared = except.filter(|id| ids.remove(id));
            let field = codec::principal_field(Some(&principal));
            let deleted = core.delete_if(&scripts::DELETE_OF, ids, &field).await?;
            let alive = spared.into_iter().collect();
            core.forget(&principal, &entries, &alive).await;
            Ok(deleted)
        })
        .await
    }

    pub(crate) async fn delete_expired(
        self: &Arc<Self>,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        if self.is_left_to_redis(before).await? {
            return Ok(0);
        }
        let ids = self.earliest_deadlines(before, batch).await?;
        let core = self.clone();
        self.to_its_end(async move {
            let _turns = match &core.turns {
                Some(turns) => Some(turns.to_sweep().await),
                None => None,
            };
            let time = ordered(micros(before));
            core.delete_if(&scripts::DELETE_EXPIRED, ids, &time).await
        })
        .await
    }

    /// Runs a script that deletes some of these records. Tells how many.
    async fn delete_if(
        &self,
        operation: &scripts::Operation,
        ids: BTreeSet<SessionId>,
        argument: &[u8],
    ) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let keys: Vec<_> = ids.iter().map(|id| self.prefix.record(*id)).collect();
        // A script for one key, or for all of them at one moment.
        let at_once = if self.link.is_cluster() {
            1
        } else {
            keys.len()
        };
        let arguments = &[Argument::Bytes(argument)];
        let calls = keys.chunks(at_once).map(|keys| Call { keys, arguments });
        let counts = self.link.run_all::<u64>(operation, calls.collect()).await;
        Ok(counts.map_err(store_error)?.into_iter().sum())
    }

    /// Adds an entry to the index of a principal, to write the record right after it.
    async fn list(
        &self,
        id: SessionId,
        principal: &str,
        until: i64,
    ) -> Result<Listing, StoreError> {
        let id = id.as_uuid();
        let call = Call {
            keys: &[self.prefix.index(principal)],
            arguments: &[
                Argument::Bytes(id.as_bytes()),
                Argument::Number(index::millis(until)),
            ],
        };
        let time: i64 = self.run(&scripts::LIST, &call).await?;
        let fresh = index::FRESH.as_millis().try_into().unwrap_or(i64::MAX);
        Ok(Listing {
            until,
            fresh_until: time.saturating_add(fresh),
        })
    }

    async fn listed(&self, principal: &Principal) -> Result<Entries, StoreError> {
        let call = Call {
            keys: &[self.prefix.index(principal.as_str())],
            arguments: &[],
        };
        Entries::parse(self.run(&scripts::LISTED, &call).await?)
    }

    /// Removes dead entries from an index. If that fails, the next one who reads it does it.
    async fn forget(&self, principal: &Principal, entries: &Entries, alive: &BTreeSet<SessionId>) {
        let dead = entries.dead(alive);
        if dead.is_empty() {
            return;
        }
        let mut remove = cmd("ZREM");
        remove.arg(self.prefix.index(principal.as_str())).arg(&dead);
        if let Err(error) = self.link.send(&remove).await {
            let error = store_error(error);
            tracing::debug!(%error, "entries of sessions that are gone stay in the index");
        }
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        operation: &scripts::Operation,
        call: &Call<'_>,
    ) -> Result<T, StoreError> {
        self.link.run(operation, call).await.map_err(store_error)
    }

    /// What takes several commands to several servers goes on when nobody waits for it any more.
    async fn to_its_end<T: Send + 'static>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.link.is_cluster() {
            return operation.await;
        }
        let outcome = tokio::spawn(operation).await;
        outcome.unwrap_or_else(|failed| Err(StoreError::new(StoreErrorKind::Other, failed)))
    }
}

/// How often a record is tried to be written. A second attempt is made when the index has to list the session first;
/// each further one takes somebody who changes the record at this very moment.
const ATTEMPTS: u32 = 8;

/// What the script that replaces a record says.
enum Replaced {
    Done,
    Conflict,
    Gone,
    Late,
    /// The index has to list the session first, for this deadline.
    Unlisted(i64),
}

impl Replaced {
    fn of(answer: Value) -> Self {
        match answer {
            Value::Array(mut answer) => match answer.pop() {
                Some(Value::BulkString(deadline)) => {
                    // The script takes eight bytes out of a record.
                    Self::Unlisted(deadline.try_into().map_or(i64::MAX, codec::number))
                }
                _ => Self::Late,
            },
            Value::BulkString(word) => match word.as_slice() {
                b"done" => Self::Done,
                b"conflict" => Self::Conflict,
                b"gone" => Self::Gone,
                _ => Self::Late,
            },
            _ => Self::Late,
        }
    }
}

/// What the script that touches a record says.
enum Touched {
    Done,
    Gone,
    Late,
    Damaged,
    /// The index has to list the session for longer first, for this principal.
    Unlisted(Vec<u8>),
}

impl Touched {
    fn of(answer: Value) -> Self {
        match answer {
            Value::Array(mut answer) => match answer.pop() {
                Some(Value::BulkString(principal)) => Self::Unlisted(principal),
                _ => Self::Damaged,
            },
            Value::BulkString(word) => match word.as_slice() {
                b"done" => Self::Done,
                b"gone" => Self::Gone,
                b"late" => Self::Late,
                _ => Self::Damaged,
            },
            _ => Self::Damaged,
        }
    }
}

fn late() -> StoreError {
    StoreError::new(StoreErrorKind::Timeout, Late)
}

#[derive(Debug, thiserror::Error)]
#[error("the session was listed under its principal too long ago; nothing was written")]
struct Late;

#[derive(Debug, thiserror::Error)]
#[error("the session changes too often")]
struct Unsteady;
