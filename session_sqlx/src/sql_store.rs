use std::num::NonZeroU32;

use session::store::{
    CreateOutcome, DeletionStep, Extension, OriginHash, Page, ReplaceOutcome, Revision, SecretHash,
    SessionRecord, SessionSummary, SessionsStep, StoreError, TouchOutcome, WalkCursor,
};
use session::{Principal, SessionId};
use sqlx::Database;
use sqlx::types::Uuid;
use time::UtcDateTime;

use crate::codec::{self, Value};
use crate::connections::Connections;
use crate::dialect::Dialect;
use crate::id_range::IdRange;
use crate::listing::{self, Listing};
use crate::migration::{self, migrate};
use crate::retry::Attempts;
use crate::source::Source;
use crate::statements::{COLUMNS, Outcome, Statements};
use crate::table::TableName;
use crate::write_queue::WriteQueue;

/// The operations of the contract on any database. Each is one statement, or one that writes beside
/// others that read.
pub(crate) struct SqlStore<D: Dialect> {
    /// For operations that only read.
    readers: Connections<D::Database>,
    /// For operations that write; the same ones, unless the database has one writer at a time.
    writers: Connections<D::Database>,
    queue: WriteQueue,
    table: TableName,
    statements: Statements,
    is_closed: tokio::sync::watch::Sender<bool>,
}

type QueryResult<D> = <<D as Dialect>::Database as Database>::QueryResult;
type Row<D> = <<D as Dialect>::Database as Database>::Row;

impl<D: Dialect> SqlStore<D> {
    pub(crate) fn new(source: Source<D::Database>, table: TableName) -> Self {
        Self::with_sources(source.clone(), source, table)
    }

    pub(crate) fn with_sources(
        readers: Source<D::Database>,
        writers: Source<D::Database>,
        table: TableName,
    ) -> Self {
        Self {
            readers: Connections::new(readers),
            writers: Connections::new(writers),
            queue: WriteQueue::of(D::WRITERS),
            statements: Statements::new::<D>(&table),
            table,
            is_closed: Default::default(),
        }
    }

    pub(crate) fn table(&self) -> &TableName {
        &self.table
    }

    pub(crate) async fn migrate(&self) -> Result<(), StoreError> {
        let mut attempts = Attempts::default();
        while let Err(error) = migrate::<D>(&self.writers, &self.table).await {
            attempts.wait_or_fail::<D::Database>(error).await?;
        }
        D::after_migration(&self.writers.source().connect_options());
        Ok(())
    }

    pub(crate) async fn is_migrated(&self) -> Result<bool, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            match migration::is_done::<D>(&self.readers, &self.table).await {
                Ok(is_done) => return Ok(is_done),
                Err(error) => attempts.wait_or_fail::<D::Database>(error).await?,
            }
        }
    }

    pub(crate) async fn closed(self: std::sync::Arc<Self>) {
        let mut is_closed = self.is_closed.subscribe();
        _ = is_closed.wait_for(|is_closed| *is_closed).await;
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn close(&self) {
        self.is_closed.send_replace(true);
        self.readers.source().close().await;
        self.writers.source().close().await;
        D::after_close(&self.writers.source().connect_options()).await;
    }

    pub(crate) async fn create(&self, record: &SessionRecord) -> Result<CreateOutcome, StoreError> {
        let mut values = [Value::id(record.id); COLUMNS.len()];
        values[1..].copy_from_slice(&codec::fields(record));
        let _permit = self.queue.permit().await;
        let mut attempts = Attempts::default();
        loop {
            let statement = &self.statements.create;
            match self.writers.execute(statement, &values).await {
                Ok(done) if D::rows_affected(&done) == 0 => return Ok(CreateOutcome::DuplicateId),
                Ok(_) => return Ok(CreateOutcome::Created),
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                    return Ok(CreateOutcome::DuplicateId);
                }
                Err(error) => attempts.wait_or_fail::<D::Database>(error).await?,
            }
        }
    }

    pub(crate) async fn load(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let values = [Value::id(id)];
        let mut attempts = Attempts::default();
        loop {
            match self.readers.fetch(&self.statements.load, &values).await {
                Ok(None) => return Ok(None),
                Ok(Some(row)) => return Ok(Some(codec::record(&row)?)),
                Err(error) => attempts.wait_or_fail_to_read::<D::Database>(error).await?,
            }
        }
    }

    pub(crate) async fn replace(
        &self,
        record: &SessionRecord,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        let mut values = [Value::id(record.id); COLUMNS.len() + 1];
        values[..COLUMNS.len() - 1].copy_from_slice(&codec::fields(record));
        values[COLUMNS.len()] = Value::Number(expected.as_i64());
        match self.update(&self.statements.replace, &values).await? {
            Outcome::Updated => Ok(ReplaceOutcome::Replaced),
            Outcome::Unexpected => Ok(ReplaceOutcome::Conflict),
            Outcome::Gone => Ok(ReplaceOutcome::Gone),
        }
    }

    pub(crate) async fn touch(
        &self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> Result<TouchOutcome, StoreError> {
        let values = [
            Value::time(extension.last_active_at),
            Value::time(extension.expires_at),
            Value::id(id),
            Value::Bytes(expected.as_bytes()),
        ];
        match self.update(&self.statements.touch, &values).await? {
            Outcome::Updated => Ok(TouchOutcome::Touched),
            Outcome::Unexpected => Ok(TouchOutcome::Superseded),
            Outcome::Gone => Ok(TouchOutcome::Gone),
        }
    }

    pub(crate) async fn delete(
        &self,
        id: SessionId,
        expected: Option<&SecretHash>,
    ) -> Result<bool, StoreError> {
        let id = Value::id(id);
        let done = match expected {
            None => self.execute(&self.statements.delete, &[id]).await?,
            Some(secret) => {
                let values = [id, Value::Bytes(secret.as_bytes())];
                self.execute(&self.statements.delete_expected, &values)
                    .await?
            }
        };
        Ok(D::rows_affected(&done) > 0)
    }

    pub(crate) async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        let values = [Value::time(before), Value::Number(batch.get().into())];
        let done = self.execute(&self.statements.delete_expired, &values);
        Ok(D::rows_affected(&done.await?))
    }

    /// Deletes the records of one range of ids.
    pub(crate) async fn delete_created_until(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        let Some((range, next)) = self.next_range(batch, from).await? else {
            return Ok(DeletionStep {
                deleted: 0,
                next: None,
            });
        };
        let [after, last] = range.values();
        let values = [after, last, Value::time(until)];
        let statement = &self.statements.delete_created_until;
        let done = self.execute_within(Attempts::many(), statement, &values);
        let deleted = D::rows_affected(&done.await?);
        Ok(DeletionStep { deleted, next })
    }

    /// Reads the sessions of one range of ids.
    pub(crate) async fn all_sessions(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        let Some((range, next)) = self.next_range(batch, from).await? else {
            return Ok(SessionsStep::default());
        };
        let values = range.values();
        let rows = self.fetch_all(&self.statements.all_sessions, &values);
        Ok(listing::step(&rows.await?, next))
    }

    /// Returns the range of the next step of a walk, and the place after it; `None` if the table is
    /// empty. The ranges follow each other up to the id that was the largest one when the first
    /// step began, so new sessions do not prolong the walk.
    async fn next_range(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<Option<(IdRange, Option<WalkCursor>)>, StoreError> {
        let mut range = match from {
            Some(cursor) => IdRange::try_from(cursor)?,
            None => {
                let largest = self.fetch_all(&self.statements.largest_id, &[]).await?;
                match largest.first() {
                    Some(row) => IdRange::up_to(codec::id_at_or_after(row)),
                    None => return Ok(None),
                }
            }
        };
        let rest = range.split_off(self.end_of_step(&range, batch).await?);
        Ok(Some((range, rest.map(WalkCursor::from))))
    }

    /// Returns the id at which a step ends: that of its last record, or the first one after it if
    /// that is malformed. `None` if the step reaches the end of the range.
    async fn end_of_step(
        &self,
        range: &IdRange,
        batch: NonZeroU32,
    ) -> Result<Option<Uuid>, StoreError> {
        let [after, last] = range.values();
        let values = [after, last, Value::Number(i64::from(batch.get()) - 1)];
        let found = self.fetch_all(&self.statements.id_after, &values).await?;
        Ok(found.first().and_then(codec::id_at_or_after))
    }

    pub(crate) async fn sessions_of(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let owner = Value::Bytes(principal.as_str().as_bytes());
        let (mut sessions, mut rest) = (Vec::new(), Some(Listing::of(page)));
        while let Some(listing) = rest {
            let [after, limit] = listing.values();
            let statement = &self.statements.sessions_of;
            let rows = self.fetch_all(statement, &[owner, after, limit]).await?;
            rest = listing.add(&rows, &mut sessions);
        }
        Ok(sessions)
    }

    pub(crate) async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let values = [
            Value::Bytes(principal.as_str().as_bytes()),
            Value::OptionalId(except.map(SessionId::as_uuid)),
        ];
        let statement = &self.statements.delete_all_of;
        let done = self.execute_within(Attempts::many(), statement, &values);
        Ok(D::rows_affected(&done.await?))
    }

    pub(crate) async fn delete_all_of_origin(
        &self,
        origin: &OriginHash,
    ) -> Result<u64, StoreError> {
        let values = [Value::Bytes(origin.as_bytes())];
        let statement = &self.statements.delete_all_of_origin;
        let done = self.execute_within(Attempts::many(), statement, &values);
        Ok(D::rows_affected(&done.await?))
    }

    /// Runs `replace` or `touch`, whose last parameter but one is the id. If it changed nothing,
    /// `load` finds the reason. So both are as one statement, at the moment when `load` runs.
    async fn update(&self, statement: &str, values: &[Value<'_>]) -> Result<Outcome, StoreError> {
        let done = self.execute(statement, values).await?;
        if D::rows_affected(&done) > 0 {
            return Ok(Outcome::Updated);
        }
        let id = &values[values.len() - 2..values.len() - 1];
        match self.fetch_all(&self.statements.load, id).await?.is_empty() {
            false => Ok(Outcome::Unexpected),
            true => Ok(Outcome::Gone),
        }
    }

    async fn execute(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<QueryResult<D>, StoreError> {
        let attempts = Attempts::default();
        self.execute_within(attempts, statement, values).await
    }

    async fn execute_within(
        &self,
        mut attempts: Attempts,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<QueryResult<D>, StoreError> {
        let _permit = self.queue.permit().await;
        loop {
            match self.writers.execute(statement, values).await {
                Ok(done) => return Ok(done),
                Err(error) => attempts.wait_or_fail::<D::Database>(error).await?,
            }
        }
    }

    async fn fetch_all(
        &self,
        statement: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row<D>>, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            match self.readers.fetch_all(statement, values).await {
                Ok(rows) => return Ok(rows),
                Err(error) => attempts.wait_or_fail_to_read::<D::Database>(error).await?,
            }
        }
    }
}
