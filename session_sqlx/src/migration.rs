use sqlx::{Database, Error};

use crate::connections::Connections;
use crate::dialect::Dialect;
use crate::driver::Driver;
use crate::errors::ReadOnly;
use crate::statements::COLUMNS;
use crate::table::TableName;

/// Runs the scripts that a table lacks, if there are any.
pub(crate) async fn migrate<D: Dialect>(
    connections: &Connections<D::Database>,
    table: &TableName,
) -> Result<(), Error> {
    let mut lease = connections.begin().await?;
    let missing = check::<D>(lease.connection(), table).await;
    match lease.end(missing).await?.is_empty() {
        true => Ok(()),
        false => {
            let mut lease = connections.alone().await?;
            let done = D::run_missing_scripts(&mut lease, table).await;
            lease.end(done).await
        }
    }
}

/// Returns `true` if a table lacks no script. Writes nothing.
pub(crate) async fn is_done<D: Dialect>(
    connections: &Connections<D::Database>,
    table: &TableName,
) -> Result<bool, Error> {
    let mut lease = connections.begin().await?;
    let missing = missing_scripts::<D>(lease.connection(), table).await;
    Ok(lease.end(missing).await?.is_empty())
}

/// Returns the missing scripts of a database that can be written.
async fn check<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
    table: &TableName,
) -> Result<Vec<String>, Error> {
    refuse_read_only::<D>(connection).await?;
    warn_of_stale_rows::<D>(connection).await?;
    missing_scripts::<D>(connection, table).await
}

/// Fails if nothing can be written.
///
/// # Errors
///
/// Returns [`Error::Configuration`] with a [`ReadOnly`] if the server or the connection is
/// read-only.
async fn refuse_read_only<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
) -> Result<(), Error> {
    match D::Database::fetch_number(connection, D::READ_ONLY).await? {
        0 => Ok(()),
        _ => Err(Error::Configuration(Box::new(ReadOnly))),
    }
}

/// Logs that sessions may come back. It does not fail: all is well as long as each server of the
/// application uses the same node.
async fn warn_of_stale_rows<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
) -> Result<(), Error> {
    let Some(query) = D::READS_STALE_ROWS else {
        return Ok(());
    };
    if D::Database::fetch_number(connection, query).await? > 0 {
        tracing::warn!(
            "the database is a node of a Galera cluster, and may read a session that has ended on \
             another node: set `wsrep_sync_wait = 7` on all nodes or on the connections of the \
             pool, or connect all servers of the application to the same node"
        );
    }
    Ok(())
}

/// Returns the scripts that a table lacks, with the name of that table in them.
///
/// # Errors
///
/// Returns [`Error::Configuration`] with a [`ForeignTable`] if another program made the table.
pub(crate) async fn missing_scripts<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
    table: &TableName,
) -> Result<Vec<String>, Error> {
    let migrations = table.of_migrations();
    let exists = exists::<D>(connection, table.as_str(), &COLUMNS).await?;
    let is_counted = self::exists::<D>(connection, &migrations, &["version"]).await?;
    let done = match exists && is_counted {
        true => count_rows::<D>(connection, &migrations).await?,
        false => 0,
    };
    let missing = D::MIGRATIONS.iter().skip(done);
    Ok(missing.map(|script| table.rename(script)).collect())
}

/// Returns `true` if there is a table of that name with these columns, `false` if there is none.
async fn exists<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
    table: &str,
    columns: &[&'static str],
) -> Result<bool, Error> {
    let found = D::Database::fetch_texts(connection, D::COLUMN_NAMES, table).await?;
    let is_missing = |column: &&&str| !found.iter().any(|name| name == **column);
    match columns.iter().find(is_missing) {
        Some(missing) if !found.is_empty() => Err(foreign(table, missing)),
        _ => Ok(!found.is_empty()),
    }
}

async fn count_rows<D: Dialect>(
    connection: &mut <D::Database as Database>::Connection,
    table: &str,
) -> Result<usize, Error> {
    let count = format!("SELECT COUNT(*) FROM {}", D::quote(table));
    let count = D::Database::fetch_number(connection, &count).await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn foreign(table: &str, missing: &'static str) -> Error {
    Error::Configuration(Box::new(ForeignTable {
        table: table.to_owned(),
        missing,
    }))
}

/// A table with the name of ours has other columns.
#[derive(Debug, thiserror::Error)]
#[error(
    "the table `{table}` was not made by session_sqlx, since it has no column `{missing}`: rename \
     that table, or choose another name for the session table, with `session_sqlx.table` in the \
     configuration or with `with_table`"
)]
struct ForeignTable {
    table: String,
    missing: &'static str,
}
