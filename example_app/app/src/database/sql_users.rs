use sqlx::{
    ColumnIndex, Database, Decode, Encode, Executor, IntoArguments, MySql, Pool, Postgres, Sqlite,
    Type,
};

use super::errors::{Cause, without_repetition};
use super::users::UserTable;

/// The table `users` of an SQL database.
pub(super) struct SqlUsers<DB: Database>(Pool<DB>);

/// The statements in the dialect of a database.
pub(super) trait Statements {
    /// Creates the table if it is missing, even while other servers do the same.
    const CREATE_TABLE: &str;
    /// Inserts a member. Parameters: name, hash.
    const INSERT: &str;
    /// Replaces a member's hash. Parameters: hash, name.
    const SET_PASSWORD_HASH: &str;
    /// Selects a member's hash. Parameter: name.
    const PASSWORD_HASH: &str;
}

impl Statements for Sqlite {
    const CREATE_TABLE: &str = include_str!("../../migrations/sqlite.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES (?, ?)";
    const SET_PASSWORD_HASH: &str = "UPDATE users SET password_hash = ? WHERE name = ?";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = ?";
}

impl Statements for Postgres {
    const CREATE_TABLE: &str = include_str!("../../migrations/postgres.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES ($1, $2)";
    const SET_PASSWORD_HASH: &str = "UPDATE users SET password_hash = $1 WHERE name = $2";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = $1";
}

impl Statements for MySql {
    const CREATE_TABLE: &str = include_str!("../../migrations/mysql.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES (?, ?)";
    const SET_PASSWORD_HASH: &str = "UPDATE users SET password_hash = ? WHERE name = ?";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = ?";
}

impl<DB> SqlUsers<DB>
where
    DB: Database + Statements,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    pub(super) async fn create_table(pool: Pool<DB>) -> Result<Self, Cause> {
        let created = sqlx::raw_sql(DB::CREATE_TABLE).execute(&pool).await;
        created.map_err(without_repetition)?;
        Ok(Self(pool))
    }
}

#[async_trait::async_trait]
impl<DB> UserTable for SqlUsers<DB>
where
    DB: Database + Statements,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'r> String: Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    async fn insert(&self, name: &str, password_hash: &str) -> Result<bool, Cause> {
        let insert = sqlx::query(DB::INSERT)
            .bind(name.as_bytes())
            .bind(password_hash);
        match insert.execute(&self.0).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(without_repetition(error)),
        }
    }

    async fn set_password_hash(&self, name: &str, password_hash: &str) -> Result<(), Cause> {
        let update = sqlx::query(DB::SET_PASSWORD_HASH)
            .bind(password_hash)
            .bind(name.as_bytes());
        let updated = update.execute(&self.0).await;
        updated.map(|_| ()).map_err(without_repetition)
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        let select = sqlx::query_scalar(DB::PASSWORD_HASH).bind(name.as_bytes());
        let selected = select.fetch_optional(&self.0).await;
        selected.map_err(without_repetition)
    }
}
