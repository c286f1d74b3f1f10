use sqlx::database::HasStatementCache;
use sqlx::types::Uuid;
use sqlx::{Arguments, ColumnIndex, Database, Decode, Encode, Executor, IntoArguments, Row, Type};

use crate::codec::{Columns, Value};

/// A statement of an operation.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'s> {
    pub(crate) text: &'s str,
    /// True if the connection keeps it, to run it again.
    pub(crate) is_kept: bool,
}

/// The statements that a store runs by a driver of `sqlx`. The one implementation lists the
/// abilities of a driver on which they depend, so that nothing else has to.
pub(crate) trait Driver: Database<Row: Columns> {
    fn execute(
        connection: &mut Self::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Self::QueryResult, sqlx::Error>> + Send;

    fn fetch(
        connection: &mut Self::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    fn fetch_all(
        connection: &mut Self::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    /// Runs a statement without parameters, as a text.
    fn run(
        connection: &mut Self::Connection,
        statement: &'static str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Returns the first column of all rows. On Postgres, it requires a transaction: the statement
    /// has no name, and a pooler could change the connection before it runs.
    fn fetch_texts(
        connection: &mut Self::Connection,
        query: &str,
        parameter: &str,
    ) -> impl Future<Output = Result<Vec<String>, sqlx::Error>> + Send;

    /// Returns the first column of the one row. On Postgres, it requires a transaction, too.
    fn fetch_number(
        connection: &mut Self::Connection,
        query: &str,
    ) -> impl Future<Output = Result<i64, sqlx::Error>> + Send;
}

impl<DB> Driver for DB
where
    DB: Database<Row: Columns> + HasStatementCache,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    usize: ColumnIndex<DB::Row>,
    for<'q> i16: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Decode<'q, DB> + Type<DB>,
    for<'q> Uuid: Encode<'q, DB> + Type<DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'r> String: Decode<'r, DB> + Type<DB>,
    for<'q> &'q [u8]: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB>,
    for<'q> Option<Uuid>: Encode<'q, DB>,
    for<'q> Option<&'q [u8]>: Encode<'q, DB>,
{
    async fn execute(
        connection: &mut DB::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> Result<DB::QueryResult, sqlx::Error> {
        let arguments = arguments::<DB>(values)?;
        let query = sqlx::query_with(statement.text, arguments).persistent(statement.is_kept);
        query.execute(connection).await
    }

    async fn fetch(
        connection: &mut DB::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> Result<Option<DB::Row>, sqlx::Error> {
        let arguments = arguments::<DB>(values)?;
        let query = sqlx::query_with(statement.text, arguments).persistent(statement.is_kept);
        query.fetch_optional(connection).await
    }

    async fn fetch_all(
        connection: &mut DB::Connection,
        statement: Statement<'_>,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        let arguments = arguments::<DB>(values)?;
        let query = sqlx::query_with(statement.text, arguments).persistent(statement.is_kept);
        query.fetch_all(connection).await
    }

    async fn run(
        connection: &mut DB::Connection,
        statement: &'static str,
    ) -> Result<(), sqlx::Error> {
        connection.execute(statement).await.map(drop)
    }

    async fn fetch_texts(
        connection: &mut DB::Connection,
        query: &str,
        parameter: &str,
    ) -> Result<Vec<String>, sqlx::Error> {
        let query = sqlx::query(query).persistent(false).bind(parameter);
        let rows = query.fetch_all(connection).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    async fn fetch_number(
        connection: &mut DB::Connection,
        query: &str,
    ) -> Result<i64, sqlx::Error> {
        let query = sqlx::query(query).persistent(false);
        query.fetch_one(connection).await?.try_get(0)
    }
}

fn arguments<'q, DB>(values: &[Value<'q>]) -> Result<DB::Arguments<'q>, sqlx::Error>
where
    DB: Database,
    i16: Encode<'q, DB> + Type<DB>,
    i64: Encode<'q, DB> + Type<DB>,
    Uuid: Encode<'q, DB> + Type<DB>,
    &'q [u8]: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB>,
    Option<Uuid>: Encode<'q, DB>,
    Option<&'q [u8]>: Encode<'q, DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        let added = match *value {
            Value::Id(id) => arguments.add(id),
            Value::OptionalId(id) => arguments.add(id),
            Value::Small(number) => arguments.add(number),
            Value::Number(number) => arguments.add(number),
            Value::OptionalNumber(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::OptionalBytes(bytes) => arguments.add(bytes),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl<R> Columns for R
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> i16: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Uuid: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
{
    fn id(&self, n: usize) -> Option<Uuid> {
        self.try_get(n).ok()
    }

    fn small(&self, n: usize) -> Option<i16> {
        self.try_get(n).ok()
    }

    fn number(&self, n: usize) -> Option<i64> {
        self.try_get(n).ok()
    }

    fn optional_number(&self, n: usize) -> Option<Option<i64>> {
        self.try_get(n).ok()
    }

    fn bytes(&self, n: usize) -> Option<&[u8]> {
        self.try_get(n).ok()
    }

    fn optional_bytes(&self, n: usize) -> Option<Option<&[u8]>> {
        self.try_get(n).ok()
    }
}
