//! Records as rows, and back.

use std::sync::Arc;

use session::store::{
    Label, Lifetime, OriginHash, PreviousSecret, Revision, SealedSecret, SecretHash,
    SerializedState, SessionRecord, SessionSummary, StampHash, StoreError, StoreErrorKind,
    from_micros, to_micros,
};
use session::{Principal, SessionId};
use sqlx::types::Uuid;
use time::UtcDateTime;

/// A value for a parameter of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'v> {
    Id(Uuid),
    OptionalId(Option<Uuid>),
    Small(i16),
    Number(i64),
    OptionalNumber(Option<i64>),
    Bytes(&'v [u8]),
    OptionalBytes(Option<&'v [u8]>),
}

impl Value<'_> {
    pub(crate) fn id(id: SessionId) -> Self {
        Self::Id(id.as_uuid())
    }

    pub(crate) fn time(time: UtcDateTime) -> Self {
        Self::Number(to_micros(time))
    }
}

/// A row, read column by column. Each method returns `None` if the column has another type.
pub(crate) trait Columns {
    fn id(&self, n: usize) -> Option<Uuid>;
    fn small(&self, n: usize) -> Option<i16>;
    fn number(&self, n: usize) -> Option<i64>;
    fn optional_number(&self, n: usize) -> Option<Option<i64>>;
    fn bytes(&self, n: usize) -> Option<&[u8]>;
    fn optional_bytes(&self, n: usize) -> Option<Option<&[u8]>>;
}

/// Returns all columns except the id.
pub(crate) fn fields(record: &SessionRecord) -> [Value<'_>; 17] {
    let previous = record.previous_secret.as_ref();
    let principal = record.principal.as_ref();
    let label = record.label.as_ref();
    [
        Value::Small(VERSION),
        Value::Number(record.revision.as_i64()),
        Value::Bytes(record.secret.as_bytes()),
        Value::time(record.secret_issued_at),
        Value::OptionalBytes(previous.map(|p| p.hash.as_bytes().as_slice())),
        Value::OptionalNumber(previous.map(|p| to_micros(p.valid_until))),
        Value::OptionalBytes(previous.map(|p| p.successor.as_bytes().as_slice())),
        Value::OptionalBytes(principal.map(|p| p.as_str().as_bytes())),
        Value::time(record.created_at),
        Value::OptionalNumber(record.authenticated_at.map(to_micros)),
        Value::time(record.last_active_at),
        Value::time(record.expires_at),
        Value::OptionalBytes(label.map(|l| l.as_str().as_bytes())),
        Value::OptionalBytes(record.stamp.as_ref().map(|s| s.as_bytes().as_slice())),
        Value::OptionalBytes(record.origin.as_ref().map(|o| o.as_bytes().as_slice())),
        Value::Small(record.lifetime.as_u8().into()),
        Value::Bytes(record.state.as_json().as_bytes()),
    ]
}

/// Reads a record from a row with all columns.
pub(crate) fn record(row: &impl Columns) -> Result<SessionRecord, Unreadable> {
    check_version(row.small(1))?;
    Ok(SessionRecord {
        id: read("id", row.id(0).and_then(id))?,
        revision: Revision::from_i64(read("revision", row.number(2))?),
        secret: read("secret", row.bytes(3).and_then(secret_hash))?,
        secret_issued_at: read("secret_issued_at", row.number(4).and_then(from_micros))?,
        previous_secret: read("previous_secret", previous_secret(row))?,
        principal: read("principal", optional(row.optional_bytes(8), principal))?,
        created_at: read("created_at", row.number(9).and_then(from_micros))?,
        authenticated_at: read(
            "authenticated_at",
            optional(row.optional_number(10), from_micros),
        )?,
        last_active_at: read("last_active_at", row.number(11).and_then(from_micros))?,
        expires_at: read("expires_at", row.number(12).and_then(from_micros))?,
        label: read("label", optional(row.optional_bytes(13), label))?,
        stamp: read("stamp", optional(row.optional_bytes(14), stamp))?,
        origin: read("origin", optional(row.optional_bytes(15), origin))?,
        lifetime: read("lifetime", row.small(16).and_then(lifetime))?,
        state: read("state", row.bytes(17).and_then(state))?,
    })
}

/// Reads a summary from a row with its columns.
pub(crate) fn summary(row: &impl Columns) -> Result<SessionSummary, Unreadable> {
    let mut summary = SessionSummary::new(
        read("id", row.id(0).and_then(id))?,
        read("created_at", row.number(1).and_then(from_micros))?,
        read("secret_issued_at", row.number(2).and_then(from_micros))?,
        read("last_active_at", row.number(4).and_then(from_micros))?,
        read("expires_at", row.number(5).and_then(from_micros))?,
    );
    summary.authenticated_at = read(
        "authenticated_at",
        optional(row.optional_number(3), from_micros),
    )?;
    summary.label = read("label", optional(row.optional_bytes(6), label))?;
    summary.lifetime = read("lifetime", row.small(7).and_then(lifetime))?;
    Ok(summary)
}

/// Reads a summary from a row with its columns and the version.
pub(crate) fn summary_of_this_version(row: &impl Columns) -> Result<SessionSummary, Unreadable> {
    check_version(row.small(8))?;
    summary(row)
}

/// Reads the first column as the id of a session; `None` if it has another form.
pub(crate) fn session_id(row: &impl Columns) -> Option<SessionId> {
    row.id(0).and_then(id)
}

/// Reads the first column as an id, of a session or not; `None` if it has another length.
pub(crate) fn any_id(row: &impl Columns) -> Option<Uuid> {
    row.id(0)
}

/// Reads the first column as an id. One of another length becomes the first id after it; `None` if
/// there is none, or if the column has another type.
pub(crate) fn id_at_or_after(row: &impl Columns) -> Option<Uuid> {
    any_id(row).or_else(|| first_id_after(row.bytes(0)?))
}

/// Bytes are in the order of SQLite, the only database that keeps ids of other lengths: the
/// beginning of a value is before it.
fn first_id_after(bytes: &[u8]) -> Option<Uuid> {
    let beginning = std::array::from_fn(|n| bytes.get(n).copied().unwrap_or(0));
    let beginning = Uuid::from_bytes(beginning);
    match bytes.len() {
        ..16 => Some(beginning),
        16.. => beginning.as_u128().checked_add(1).map(Uuid::from_u128),
    }
}

/// A stored record cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the record has version {0}, and this release reads version {VERSION}")]
    Version(i16),
    #[error("the value in the column `{0}` is invalid")]
    Column(&'static str),
}

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(StoreErrorKind::InvalidRecord, unreadable)
    }
}

const VERSION: i16 = SessionRecord::VERSION as i16;

fn check_version(version: Option<i16>) -> Result<(), Unreadable> {
    match read("version", version)? {
        VERSION => Ok(()),
        other => Err(Unreadable::Version(other)),
    }
}

fn id(uuid: Uuid) -> Option<SessionId> {
    SessionId::try_from(uuid).ok()
}

fn secret_hash(bytes: &[u8]) -> Option<SecretHash> {
    bytes.try_into().ok().map(SecretHash::from_bytes)
}

fn stamp(bytes: &[u8]) -> Option<StampHash> {
    bytes.try_into().ok().map(StampHash::from_bytes)
}

fn origin(bytes: &[u8]) -> Option<OriginHash> {
    bytes.try_into().ok().map(OriginHash::from_bytes)
}

fn sealed_secret(bytes: &[u8]) -> Option<SealedSecret> {
    bytes.try_into().ok().map(SealedSecret::from_bytes)
}

/// Reads the three columns, which are present together or not at all.
fn previous_secret(row: &impl Columns) -> Option<Option<PreviousSecret>> {
    let columns = (
        row.optional_bytes(5)?,
        row.optional_number(6)?,
        row.optional_bytes(7)?,
    );
    match columns {
        (None, None, None) => Some(None),
        (Some(hash), Some(valid_until), Some(successor)) => Some(Some(PreviousSecret {
            hash: secret_hash(hash)?,
            valid_until: from_micros(valid_until)?,
            successor: sealed_secret(successor)?,
        })),
        _ => None,
    }
}

fn principal(bytes: &[u8]) -> Option<Principal> {
    Principal::new(str::from_utf8(bytes).ok()?).ok()
}

/// Returns `None` unless the label is valid: [`Label::new`] changes any other text.
fn label(bytes: &[u8]) -> Option<Label> {
    let text = str::from_utf8(bytes).ok()?;
    Some(Label::new(text)).filter(|label| label.as_str() == text)
}

fn lifetime(number: i16) -> Option<Lifetime> {
    Lifetime::from_u8(number.try_into().ok()?)
}

fn state(bytes: &[u8]) -> Option<SerializedState> {
    let text: Arc<str> = str::from_utf8(bytes).ok()?.into();
    Some(SerializedState::from_json(text))
}

/// Parses a column that may be `NULL`. Any other value must be valid.
fn optional<C, T>(column: Option<Option<C>>, parse: fn(C) -> Option<T>) -> Option<Option<T>> {
    match column? {
        None => Some(None),
        Some(column) => parse(column).map(Some),
    }
}

fn read<T>(column: &'static str, value: Option<T>) -> Result<T, Unreadable> {
    value.ok_or(Unreadable::Column(column))
}

#[cfg(test)]
mod tests;
