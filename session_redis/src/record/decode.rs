//! Records of values.

use session::SessionId;
use session::store::{Lifetime, Revision, SecretHash, SessionRecord, SessionSummary};
use time::UtcDateTime;

use super::owners::Owners;
use super::reader::Reader;
use super::unreadable::Unreadable;

/// Decodes the record of a value.
///
/// # Errors
///
/// Returns [`Unreadable`] if the record has another version, or a field has no valid value.
pub(crate) fn record(id: SessionId, value: &[u8]) -> Result<SessionRecord, Unreadable> {
    let mut value = Reader::new(value);
    let [version] = value.array("version")?;
    if version != SessionRecord::VERSION {
        return Err(Unreadable::Version(version));
    }
    let head = Head::after_version(&mut value)?;
    Ok(SessionRecord {
        id,
        revision: head.revision,
        secret: head.secret,
        last_active_at: head.last_active_at,
        expires_at: head.expires_at,
        principal: head.owners.principal,
        origin: head.owners.origin,
        created_at: head.created_at,
        secret_issued_at: value.time("secret_issued_at")?,
        authenticated_at: value.optional("authenticated_at", Reader::time)?,
        lifetime: value.lifetime()?,
        label: value.optional("label", Reader::label)?,
        previous_secret: value.optional("previous_secret", Reader::previous_secret)?,
        stamp: value.optional("stamp", Reader::stamp)?,
        state: value.state()?,
    })
}

/// Decodes the summary of a session from the first [`SUMMARY_LEN`](super::encode::SUMMARY_LEN)
/// bytes of its value.
///
/// The summary of a record of another version has only what the head has.
///
/// # Errors
///
/// Returns [`Unreadable`] if a field has no valid value.
pub(crate) fn summary(id: SessionId, value: &[u8]) -> Result<SessionSummary, Unreadable> {
    let mut value = Reader::new(value);
    let [version] = value.array("version")?;
    let head = Head::after_version(&mut value)?;
    let (secret_issued_at, authenticated_at, lifetime, label) = match version {
        SessionRecord::VERSION => (
            value.time("secret_issued_at")?,
            value.optional("authenticated_at", Reader::time)?,
            value.lifetime()?,
            value.optional("label", Reader::label)?,
        ),
        _ => (head.created_at, None, Lifetime::Ordinary, None),
    };
    let mut summary = SessionSummary::new(
        id,
        head.created_at,
        secret_issued_at,
        head.last_active_at,
        head.expires_at,
    );
    summary.authenticated_at = authenticated_at;
    summary.lifetime = lifetime;
    summary.label = label;
    Ok(summary)
}

/// Decodes the summary of a session as [`summary`] does.
///
/// # Errors
///
/// Returns [`Unreadable`] if the record has another version, or a field has no valid value.
pub(crate) fn summary_of_this_version(
    id: SessionId,
    value: &[u8],
) -> Result<SessionSummary, Unreadable> {
    match value.first() {
        Some(&version) if version != SessionRecord::VERSION => Err(Unreadable::Version(version)),
        _ => summary(id, value),
    }
}

/// Decodes the owners of a session from their part of the head.
///
/// # Errors
///
/// Returns [`Unreadable`] if one of them has no valid value.
pub(crate) fn owners(field: &[u8]) -> Result<Owners, Unreadable> {
    Reader::new(field).owners()
}

/// The fields of a head that are part of a record.
struct Head {
    revision: Revision,
    last_active_at: UtcDateTime,
    expires_at: UtcDateTime,
    created_at: UtcDateTime,
    secret: SecretHash,
    owners: Owners,
}

impl Head {
    fn after_version(value: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let revision = Revision::from_i64(value.number("revision")?);
        let last_active_at = value.time("last_active_at")?;
        let expires_at = value.time("expires_at")?;
        let _registered_until = value.number("registered_until")?;
        let created_at = value.time("created_at")?;
        let secret = value.array("secret").map(SecretHash::from_bytes)?;
        Ok(Self {
            revision,
            last_active_at,
            expires_at,
            created_at,
            secret,
            owners: value.owners()?,
        })
    }
}
