use sqlx::{
    ColumnIndex, Database, Decode, Encode, Executor, IntoArguments, MySql, Pool, Postgres, Sqlite,
    Type,
};

use super::errors::{Cause, without_repetition};
use super::users::UserTable;

/// The table `users` of an SQL database.
pub(super) struct SqlUsers<DB: Database>(Pool<DB>);

/// The statements in the dialect of a database.
pub(super) trait Statements: Database {
    /// Creates the table if it is missing, even while other servers do the same.
    const CREATE_TABLE: &str;
    /// Inserts a member. Parameters: name, hash.
    const INSERT: &str;
    /// Replaces a member's hash. Parameters: new hash, name, old hash.
    const REPLACE_PASSWORD_HASH: &str;
    /// Selects a member's hash. Parameter: name.
    const PASSWORD_HASH: &str;

    /// Returns the number of rows that a statement has changed.
    fn rows(result: &Self::QueryResult) -> u64;
}

impl Statements for Sqlite {
    const CREATE_TABLE: &str = include_str!("../../migrations/sqlite.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES (?, ?)";
    const REPLACE_PASSWORD_HASH: &str =
        "UPDATE users SET password_hash = ? WHERE name = ? AND password_hash = ?";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = ?";

    fn rows(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Statements for Postgres {
    const CREATE_TABLE: &str = include_str!("../../migrations/postgres.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES ($1, $2)";
    const REPLACE_PASSWORD_HASH: &str =
        "UPDATE users SET password_hash = $1 WHERE name = $2 AND password_hash = $3";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = $1";

    fn rows(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Statements for MySql {
    const CREATE_TABLE: &str = include_str!("../../migrations/mysql.sql");
    const INSERT: &str = "INSERT INTO users (name, password_hash) VALUES (?, ?)";
    // The collation of the column ignores case.
    const REPLACE_PASSWORD_HASH: &str =
        "UPDATE users SET password_hash = ? WHERE name = ? AND password_hash = CAST(? AS BINARY)";
    const PASSWORD_HASH: &str = "SELECT password_hash FROM users WHERE name = ?";

    fn rows(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl<DB> SqlUsers<DB>
where
    DB: Statements,
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
    DB: Statements,
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

    async fn replace_password_hash(&self, name: &str, old: &str, new: &str) -> Result<bool, Cause> {
        let update = sqlx::query(DB::REPLACE_PASSWORD_HASH)
            .bind(new)
            .bind(name.as_bytes())
            .bind(old);
        let updated = update.execute(&self.0).await.map_err(without_repetition)?;
        Ok(DB::rows(&updated) == 1)
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        let select = sqlx::query_scalar(DB::PASSWORD_HASH).bind(name.as_bytes());
        let selected = select.fetch_optional(&self.0).await;
        selected.map_err(without_repetition)
    }
}
