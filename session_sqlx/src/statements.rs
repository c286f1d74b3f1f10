use session::store::SessionRecord;

use crate::TableName;
use crate::dialect::Dialect;

/// The statements of a store, one for each operation of the contract.
///
/// Each is built once, so that the driver finds it by its text among the prepared statements of a
/// connection. To show them to the database's `EXPLAIN`, or to measure them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Statements {
    pub create: String,
    pub load: String,
    pub replace: String,
    pub touch: String,
    pub delete: String,
    pub delete_expired: String,
    pub sessions_of: String,
    pub delete_all_of: String,
}

/// The columns of a record, in the order in which [`crate::codec`] writes and reads them.
const COLUMNS: [&str; 15] = [
    "id",
    "version",
    "revision",
    "secret",
    "secret_issued_at",
    "previous_secret",
    "previous_valid_until",
    "successor",
    "principal",
    "created_at",
    "authenticated_at",
    "last_active_at",
    "expires_at",
    "label",
    "state",
];

/// The columns of a summary, in the order in which [`crate::codec`] reads them.
const SUMMARY: &str = "id, created_at, authenticated_at, last_active_at, expires_at, label";

/// What a [`Dialect`] puts the statement together from, where the databases differ.
pub(crate) struct Replacement {
    pub(crate) table: String,
    /// `column = value, …`, for all columns but the id.
    pub(crate) assignments: String,
    /// The parameter with the id: the last but one.
    pub(crate) id: String,
    /// Whether the stored record may be replaced; has the last parameter.
    pub(crate) expected: String,
}

impl Statements {
    pub(crate) fn new<D: Dialect>(table: &TableName) -> Self {
        let table = D::quote(table.as_str());
        Self {
            create: create::<D>(&table),
            load: format!(
                "SELECT {} FROM {table} WHERE id = {}",
                COLUMNS.join(", "),
                D::parameter(1)
            ),
            replace: D::replace_statement(&Replacement {
                assignments: assignments::<D>(),
                id: D::parameter(COLUMNS.len()),
                expected: expected::<D>(COLUMNS.len() + 1),
                table: table.clone(),
            }),
            touch: format!(
                "UPDATE {table} SET {}, {} WHERE id = {}",
                later::<D>("last_active_at", 1),
                later::<D>("expires_at", 2),
                D::parameter(3)
            ),
            delete: format!("DELETE FROM {table} WHERE id = {}", D::parameter(1)),
            delete_expired: D::delete_expired_statement(&table),
            sessions_of: format!(
                "SELECT {SUMMARY} FROM {table} WHERE principal = {} ORDER BY id",
                D::parameter(1)
            ),
            delete_all_of: format!(
                "DELETE FROM {table} WHERE principal = {} AND {}",
                D::parameter(1),
                D::is_not("id", D::parameter(2))
            ),
        }
    }
}

fn create<D: Dialect>(table: &str) -> String {
    let columns = COLUMNS.join(", ");
    let values: Vec<_> = (1..=COLUMNS.len()).map(D::parameter).collect();
    let values = values.join(", ");
    let unless_there = D::UNLESS_THERE;
    format!("INSERT INTO {table} ({columns}) VALUES ({values}){unless_there}")
}

fn assignments<D: Dialect>() -> String {
    let columns = COLUMNS[1..].iter().zip(1..);
    let assignments: Vec<_> = columns
        .map(|(column, n)| match *column {
            "last_active_at" | "expires_at" => later::<D>(column, n),
            _ => format!("{column} = {}", D::parameter(n)),
        })
        .collect();
    assignments.join(", ")
}

/// Moves a time forward, never back.
fn later<D: Dialect>(column: &str, n: usize) -> String {
    format!("{column} = {}({column}, {})", D::GREATEST, D::parameter(n))
}

/// An older release leaves a record of a newer one alone, even if the revision did not change.
fn expected<D: Dialect>(n: usize) -> String {
    let version = SessionRecord::VERSION;
    format!("revision = {} AND version <= {version}", D::parameter(n))
}
