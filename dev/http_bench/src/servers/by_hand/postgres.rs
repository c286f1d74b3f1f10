use anyhow::{Context, ensure};
use session_sqlx::postgres::PostgresSessionStore;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use super::statements::{SECRET, Statements, VERSION, ensure_live, lifetime, now};
use crate::servers::settings::postgres;

const LOAD: &str = "SELECT id, version, revision, secret, secret_issued_at, previous_secret, \
     previous_valid_until, successor, principal, created_at, authenticated_at, last_active_at, \
     expires_at, label, stamp, origin, lifetime, state FROM sessions WHERE id = $1";

const CREATE: &str = "INSERT INTO sessions (id, version, revision, secret, secret_issued_at, \
     previous_secret, previous_valid_until, successor, principal, created_at, authenticated_at, \
     last_active_at, expires_at, label, stamp, origin, lifetime, state) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
     ON CONFLICT (id) DO NOTHING";

const REPLACE: &str = "UPDATE sessions SET version = $1, revision = $2, secret = $3, \
     secret_issued_at = $4, previous_secret = $5, previous_valid_until = $6, successor = $7, \
     principal = $8, created_at = $9, authenticated_at = $10, \
     last_active_at = GREATEST(last_active_at, $11), expires_at = GREATEST(expires_at, $12), \
     label = $13, stamp = $14, origin = $15, lifetime = $16, state = $17 \
     WHERE id = $18 AND revision = $19 AND version <= 1";

pub(super) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(super) async fn new(url: &str) -> anyhow::Result<Self> {
        let pool = postgres(url).await?;
        PostgresSessionStore::new(pool.clone()).migrate().await?;
        Ok(Self { pool })
    }
}

impl Statements for Postgres {
    type Record = PgRow;

    async fn load(&self, id: Uuid) -> anyhow::Result<PgRow> {
        let row = sqlx::query(LOAD).bind(id).fetch_optional(&self.pool);
        let row = row.await?.context("there is no such session")?;
        ensure_live(row.try_get("expires_at")?)?;
        Ok(row)
    }

    fn state(record: &PgRow) -> anyhow::Result<&[u8]> {
        Ok(record.try_get("state")?)
    }

    async fn create(&self, id: Uuid, state: &str) -> anyhow::Result<()> {
        let now = now()?;
        let query = sqlx::query(CREATE).bind(id);
        let query = query
            .bind(i16::from(VERSION))
            .bind(1_i64)
            .bind(SECRET)
            .bind(now);
        let query = query
            .bind(None::<&[u8]>)
            .bind(None::<i64>)
            .bind(None::<&[u8]>);
        let query = query.bind(None::<&[u8]>).bind(now).bind(None::<i64>);
        let query = query.bind(now).bind(now + lifetime()).bind(None::<&[u8]>);
        let query = query.bind(None::<&[u8]>).bind(None::<&[u8]>).bind(0_i16);
        let done = query.bind(state.as_bytes()).execute(&self.pool).await?;
        ensure!(done.rows_affected() == 1, "the id is not new");
        Ok(())
    }

    async fn replace(&self, id: Uuid, old: PgRow, state: &str) -> anyhow::Result<()> {
        let revision: i64 = old.try_get("revision")?;
        let query = sqlx::query(REPLACE);
        let query = query.bind(i16::from(VERSION)).bind(revision + 1);
        let query = query.bind::<&[u8]>(old.try_get("secret")?);
        let query = query.bind::<i64>(old.try_get("secret_issued_at")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("previous_secret")?);
        let query = query.bind::<Option<i64>>(old.try_get("previous_valid_until")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("successor")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("principal")?);
        let query = query.bind::<i64>(old.try_get("created_at")?);
        let query = query.bind::<Option<i64>>(old.try_get("authenticated_at")?);
        let query = query.bind(now()?);
        let query = query.bind::<i64>(old.try_get("expires_at")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("label")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("stamp")?);
        let query = query.bind::<Option<&[u8]>>(old.try_get("origin")?);
        let query = query.bind::<i16>(old.try_get("lifetime")?);
        let query = query.bind(state.as_bytes()).bind(id).bind(revision);
        let replaced = query.execute(&self.pool).await?.rows_affected();
        ensure!(replaced == 1, "another request came first");
        Ok(())
    }
}
