use session::store::SessionRecord;

use crate::dialect::Dialect;
use crate::table::TableName;

/// The statements of a store, one to three for each operation of the contract.
///
/// Each is built once, so that the driver finds it by its text among the prepared statements of a
/// connection.
pub(crate) struct Statements {
    pub(crate) create: String,
    pub(crate) load: String,
    pub(crate) replace: String,
    pub(crate) touch: String,
    pub(crate) delete: String,
    pub(crate) delete_expected: String,
    pub(crate) delete_expired: String,
    pub(crate) largest_id: String,
    pub(crate) id_after: String,
    pub(crate) delete_created_until: String,
    pub(crate) all_sessions: String,
    pub(crate) sessions_of: String,
    pub(crate) delete_all_of: String,
    pub(crate) delete_all_of_origin: String,
}

/// The outcome of `replace` or `touch`.
pub(crate) enum Outcome {
    Updated,
    /// The stored record is not the expected one; nothing was written.
    Unexpected,
    /// There is no record under that id; nothing was written.
    Gone,
}

/// The columns of a record, in the order in which [`crate::codec`] writes and reads them.
pub(crate) const COLUMNS: [&str; 18] = [
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
    "stamp",
    "origin",
    "lifetime",
    "state",
];

/// The columns of a summary, in the order in which [`crate::codec`] reads them.
const SUMMARY: &str = "id, created_at, secret_issued_at, authenticated_at, last_active_at, expires_at, label, \
     lifetime";

impl Statements {
    pub(crate) fn new<D: Dialect>(table: &TableName) -> Self {
        let table = &D::quote(table.as_str());
        Self {
            create: create::<D>(table),
            load: load::<D>(table),
            replace: replace::<D>(table),
            touch: touch::<D>(table),
            delete: delete::<D>(table),
            delete_expected: delete_expected::<D>(table),
            delete_expired: D::delete_expired_statement(table),
            largest_id: format!("SELECT id FROM {table} ORDER BY id DESC LIMIT 1"),
            id_after: id_after::<D>(table),
            delete_created_until: delete_created_until::<D>(table),
            all_sessions: all_sessions::<D>(table),
            sessions_of: sessions_of::<D>(table),
            delete_all_of: delete_all_of::<D>(table),
            delete_all_of_origin: delete_all_of_origin::<D>(table),
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

fn load<D: Dialect>(table: &str) -> String {
    let (columns, id) = (COLUMNS.join(", "), D::parameter(1));
    format!("SELECT {columns} FROM {table} WHERE id = {id}")
}

/// Decides and writes. If the row that it sees is the expected one, it waits for any change of that
/// row, and compares it again.
fn replace<D: Dialect>(table: &str) -> String {
    let (assignments, id) = (assignments::<D>(), D::parameter(COLUMNS.len()));
    let expected = expected::<D>(COLUMNS.len() + 1);
    format!("UPDATE {table} SET {assignments} WHERE id = {id} AND {expected}")
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

fn touch<D: Dialect>(table: &str) -> String {
    let last_active_at = later::<D>("last_active_at", 1);
    let expires_at = later::<D>("expires_at", 2);
    let (id, secret) = (D::parameter(3), D::parameter(4));
    let assignments = format!("{last_active_at}, {expires_at}");
    format!("UPDATE {table} SET {assignments} WHERE id = {id} AND secret = {secret}")
}

fn delete<D: Dialect>(table: &str) -> String {
    format!("DELETE FROM {table} WHERE id = {}", D::parameter(1))
}

fn delete_expected<D: Dialect>(table: &str) -> String {
    let delete = delete::<D>(table);
    format!("{delete} AND secret = {}", D::parameter(2))
}

/// Finds the end of a step, by the number of the records that follow the first one.
fn id_after<D: Dialect>(table: &str) -> String {
    let (range, offset) = (id_range::<D>(), D::parameter(3));
    format!("SELECT id FROM {table} WHERE {range} ORDER BY id LIMIT 1 OFFSET {offset}")
}

/// Waits for the records that others have locked, and skips none.
fn delete_created_until<D: Dialect>(table: &str) -> String {
    let (range, until) = (id_range::<D>(), D::parameter(3));
    format!("DELETE FROM {table} WHERE {range} AND created_at <= {until}")
}

/// Reads the version too, unlike a list of the sessions of a principal.
fn all_sessions<D: Dialect>(table: &str) -> String {
    let range = id_range::<D>();
    format!("SELECT {SUMMARY}, version FROM {table} WHERE {range}")
}

fn id_range<D: Dialect>() -> String {
    let (after, last) = (D::parameter(1), D::parameter(2));
    format!("id > {after} AND id <= {last}")
}

fn sessions_of<D: Dialect>(table: &str) -> String {
    let [principal, after, limit] = [1, 2, 3].map(D::parameter);
    let found = format!("principal = {principal} AND id > {after}");
    let hint = D::hint_for_a_list(table);
    format!("SELECT {hint}{SUMMARY} FROM {table} WHERE {found} ORDER BY id LIMIT {limit}")
}

fn delete_all_of<D: Dialect>(table: &str) -> String {
    let principal = D::parameter(1);
    let is_not_kept = D::is_not("id", D::parameter(2));
    format!("DELETE FROM {table} WHERE principal = {principal} AND {is_not_kept}")
}

fn delete_all_of_origin<D: Dialect>(table: &str) -> String {
    format!("DELETE FROM {table} WHERE origin = {}", D::parameter(1))
}
