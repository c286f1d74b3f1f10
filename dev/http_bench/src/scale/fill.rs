use std::ops::Range;
use std::sync::Arc;

use anyhow::bail;
use session::store::{CreateOutcome, SessionStorageBackend};
use session::{Clock, SessionId};
use sqlx::{PgPool, SqlitePool};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::records::{EXPIRED, OF_PRINCIPAL, deadline, id, id_text, record};
use super::stores::{Filled, Way};

/// The number of sessions that one statement writes.
const BATCH: u64 = 10_000;

/// The number of tasks that create sessions at once.
const TASKS: usize = 64;

const POSTGRES: &str = "\
    INSERT INTO sessions (id, version, revision, secret, secret_issued_at, principal, created_at, \
         authenticated_at, last_active_at, expires_at, lifetime, state) \
    SELECT new.id, version, revision, secret, secret_issued_at, \
         convert_to('member-' || (new.n / $3), 'UTF8'), created_at, authenticated_at, \
         last_active_at, CASE WHEN new.n < $4 THEN $5 ELSE $6 END + new.n, lifetime, state \
    FROM sessions, UNNEST($1::UUID[], $2::BIGINT[]) AS new(id, n) WHERE sessions.id = $7";

const SQLITE: &str = "\
    INSERT INTO sessions (id, version, revision, secret, secret_issued_at, principal, created_at, \
         authenticated_at, last_active_at, expires_at, lifetime, state) \
    SELECT unhex(new.value), version, revision, secret, secret_issued_at, \
         CAST('member-' || ((new.key + ?2) / ?3) AS BLOB), created_at, authenticated_at, \
         last_active_at, CASE WHEN new.key + ?2 < ?4 THEN ?5 ELSE ?6 END + new.key + ?2, \
         lifetime, state \
    FROM sessions, json_each(?1) AS new WHERE sessions.id = ?7";

/// The values that each batch of a fill shares.
struct Shared {
    template: SessionId,
    /// The sessions below this number have expired.
    expired_below: u64,
    expired_at: i64,
    live_until: i64,
}

impl Filled {
    /// Adds sessions, of which the first ones have expired.
    pub(super) async fn fill_up_to(&mut self, sessions: u64) -> anyhow::Result<()> {
        let first = self.sessions;
        let expired_below = first + EXPIRED.min((sessions - first) / 2);
        match &self.way {
            Way::Create => create(&self.store, first..sessions, expired_below).await?,
            Way::Sqlite(_) | Way::Postgres(_) => {
                create(&self.store, first..first + 1, first).await?;
                let now = Clock::system().now();
                let micros = |is_expired| session::store::to_micros(deadline(now, is_expired));
                let shared = Shared {
                    template: id(first)?,
                    expired_below,
                    expired_at: micros(true),
                    live_until: micros(false),
                };
                self.copy(first + 1..sessions, &shared).await?;
            }
        }
        self.sessions = sessions;
        Ok(())
    }

    async fn copy(&self, numbers: Range<u64>, shared: &Shared) -> anyhow::Result<()> {
        let mut first = numbers.start;
        while first < numbers.end {
            let batch = first..numbers.end.min(first + BATCH);
            first = batch.end;
            match &self.way {
                Way::Create => bail!("the store is filled by `create`"),
                Way::Sqlite(pool) => copy_in_sqlite(pool, batch, shared).await?,
                Way::Postgres(pool) => copy_in_postgres(pool, batch, shared).await?,
            }
        }
        match &self.way {
            // As the server does in the background after a large change.
            Way::Postgres(pool) => _ = sqlx::query("VACUUM ANALYZE").execute(pool).await?,
            Way::Create | Way::Sqlite(_) => {}
        }
        Ok(())
    }
}

async fn copy_in_postgres(
    pool: &PgPool,
    numbers: Range<u64>,
    shared: &Shared,
) -> anyhow::Result<()> {
    let ids: Vec<Uuid> = numbers
        .clone()
        .map(|n| Ok(id(n)?.as_uuid()))
        .collect::<anyhow::Result<_>>()?;
    let numbers: Vec<i64> = numbers.map(u64::cast_signed).collect();
    let query = sqlx::query(POSTGRES).bind(ids).bind(numbers);
    let query = query.bind(OF_PRINCIPAL.cast_signed());
    let query = query.bind(shared.expired_below.cast_signed());
    let query = query.bind(shared.expired_at).bind(shared.live_until);
    query.bind(shared.template.as_uuid()).execute(pool).await?;
    Ok(())
}

async fn copy_in_sqlite(
    pool: &SqlitePool,
    numbers: Range<u64>,
    shared: &Shared,
) -> anyhow::Result<()> {
    let first = numbers.start;
    let ids: Vec<_> = numbers
        .map(|n| format!("\"{}\"", id_text(n).replace('-', "")))
        .collect();
    let query = sqlx::query(SQLITE).bind(format!("[{}]", ids.join(",")));
    let query = query
        .bind(first.cast_signed())
        .bind(OF_PRINCIPAL.cast_signed());
    let query = query.bind(shared.expired_below.cast_signed());
    let query = query.bind(shared.expired_at).bind(shared.live_until);
    query.bind(shared.template.as_uuid()).execute(pool).await?;
    Ok(())
}

async fn create(
    store: &Arc<dyn SessionStorageBackend>,
    numbers: Range<u64>,
    expired_below: u64,
) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, mut numbers) = (store.clone(), numbers.clone());
        tasks.spawn(async move {
            numbers.start += task as u64;
            for n in numbers.step_by(TASKS) {
                let record = record(n, n < expired_below)?;
                if store.create(&record).await? == CreateOutcome::DuplicateId {
                    bail!("there is a session with the number {n} already");
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}
