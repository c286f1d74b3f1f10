//! Records as values of Redis, and back.
//!
//! A value begins with a head, which the scripts read and write:
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 1 | version |
//! | 1 | 8 | revision |
//! | 9 | 8 | last activity |
//! | 17 | 8 | deadline |
//! | 25 | 8 | until when the index by principal lists the session; zeros if it does not |
//! | 33 | 1 | length of the principal, 0 for none |
//! | 34 | up to 255 | principal |
//!
//! The head stays where it is in all versions, so that every release can list, extend and delete the records
//! of every other one. What follows is for [`record`] and [`summary`] alone, the state last.
//!
//! Times are microseconds since 1970, and like revisions they are stored so that their order is that of the bytes.

use std::sync::Arc;

use session::store::{
    Label, PreviousSecret, Revision, SealedSecret, SecretHash, SerializedState, SessionRecord,
    SessionSummary, StoreError, StoreErrorKind,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

/// So many bytes at the beginning of a value have all that a [`summary`] needs: the head (289 bytes at
/// most), the label, and what is between them.
pub(crate) const SUMMARY_BYTES: usize = 289 + 8 + 9 + 2 + 255;

/// Where the deadline is.
pub(crate) const DEADLINE: std::ops::Range<usize> = 17..25;

const PRINCIPAL: usize = 33;

/// A number whose order is that of its bytes.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The reverse of [`ordered`].
pub(crate) fn number(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
}

/// Microseconds since 1970: exact, ordered, and the same in every time zone.
pub(crate) fn micros(time: UtcDateTime) -> i64 {
    // The end of the year 9999 is at 2.5e17: it fits.
    time.unix_timestamp() * 1_000_000 + i64::from(time.microsecond())
}

/// The reverse of [`micros`].
fn from_micros(micros: i64) -> Option<UtcDateTime> {
    let seconds = UtcDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).ok()?;
    let fraction = u32::try_from(micros.rem_euclid(1_000_000)).ok()?;
    seconds.replace_microsecond(fraction).ok()
}

/// When Redis may discard what has this deadline: in milliseconds since 1970, never before it.
pub(crate) fn expiry(deadline: UtcDateTime) -> i64 {
    // Redis takes no date before 1970; what is that old is gone at once with any other one as well.
    micros(deadline).div_euclid(1_000).saturating_add(1).max(1)
}

/// The principal as it stands in a head.
pub(crate) fn principal_field(principal: Option<&Principal>) -> Vec<u8> {
    let name = principal.map_or("", Principal::as_str);
    // A principal has 255 bytes at most.
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    [&[length], name.as_bytes()].concat()
}

/// The value of a record. `indexed_until`: in microseconds since 1970.
pub(crate) fn encode(record: &SessionRecord, indexed_until: Option<i64>) -> Vec<u8> {
    let state = record.state.as_json().as_bytes();
    let mut value = Vec::with_capacity(SUMMARY_BYTES + state.len());
    value.push(SessionRecord::VERSION);
    value.extend(ordered(record.revision.as_i64()));
    value.extend(ordered(micros(record.last_active_at)));
    value.extend(ordered(micros(record.expires_at)));
    value.extend(indexed_until.map_or([0; 8], ordered));
    value.extend(principal_field(record.principal.as_ref()));
    put_time(&mut value, record.created_at);
    put_optional(&mut value, record.authenticated_at, put_time);
    put_optional(&mut value, record.label.as_ref(), |value, label| {
        // A label has 255 bytes at most.
        value.push(u8::try_from(label.as_str().len()).unwrap_or(u8::MAX));
        value.extend(label.as_str().as_bytes());
    });
    value.extend(record.secret.as_bytes());
    put_time(&mut value, record.secret_issued_at);
    put_optional(&mut value, record.previous_secret, |value, previous| {
        value.extend(previous.hash.as_bytes());
        put_time(value, previous.valid_until);
        value.extend(previous.successor.as_bytes());
    });
    value.extend(state);
    value
}

fn put_time(value: &mut Vec<u8>, time: UtcDateTime) {
    value.extend(ordered(micros(time)));
}

/// A byte that says whether the field is there, and the field.
fn put_optional<T>(value: &mut Vec<u8>, field: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    value.push(u8::from(field.is_some()));
    if let Some(field) = field {
        put(value, field);
    }
}

/// The record of a value.
pub(crate) fn record(id: SessionId, value: &[u8]) -> Result<SessionRecord, Unreadable> {
    let mut value = Reader::after_version(value)?;
    let revision = Revision::from_i64(value.number("revision")?);
    let last_active_at = value.time("last_active_at")?;
    let expires_at = value.time("expires_at")?;
    let _indexed_until = value.number("indexed_until")?;
    Ok(SessionRecord {
        id,
        revision,
        last_active_at,
        expires_at,
        principal: value.principal()?,
        created_at: value.time("created_at")?,
        authenticated_at: value.optional("authenticated_at", Reader::log_in)?,
        label: value.optional("label", Reader::label)?,
        secret: value.array("secret").map(SecretHash::from_bytes)?,
        secret_issued_at: value.time("secret_issued_at")?,
        previous_secret: value.optional("previous_secret", Reader::previous_secret)?,
        state: value.state()?,
    })
}

/// Whose session it is, and its summary, from the first [`SUMMARY_BYTES`] of a value.
///
/// Of a record of a newer version there is only what the head has; the rest is taken from there.
pub(crate) fn summary(
    id: SessionId,
    value: &[u8],
) -> Result<(Option<Principal>, SessionSummary), Unreadable> {
    let mut value = Reader(value);
    let [version] = value.array("version")?;
    let _revision = value.number("revision")?;
    let last_active_at = value.time("last_active_at")?;
    let expires_at = value.time("expires_at")?;
    let _indexed_until = value.number("indexed_until")?;
    let principal = value.principal()?;
    let (created_at, authenticated_at, label) = match version {
        SessionRecord::VERSION => (
            value.time("created_at")?,
            value.optional("authenticated_at", Reader::log_in)?,
            value.optional("label", Reader::label)?,
        ),
        _ => (id.created_at(), None, None),
    };
    let summary = SessionSummary {
        id,
        created_at,
        authenticated_at,
        last_active_at,
        expires_at,
        label,
    };
    Ok((principal, summary))
}

/// The principal of a value, without its length.
pub(crate) fn principal_of(value: &[u8]) -> Option<&[u8]> {
    let length = usize::from(*value.get(PRINCIPAL)?);
    value.get(PRINCIPAL + 1..PRINCIPAL + 1 + length)
}

/// A stored record is not what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the record has version {0}; this release reads version {version}", version = SessionRecord::VERSION)]
    Version(u8),
    #[error("the field `{0}` has no valid value")]
    Field(&'static str),
}

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(StoreErrorKind::InvalidRecord, unreadable)
    }
}

/// What is left of a value to read.
struct Reader<'v>(&'v [u8]);

impl<'v> Reader<'v> {
    fn after_version(value: &'v [u8]) -> Result<Self, Unreadable> {
        let mut reader = Self(value);
        match reader.array("version")? {
            [SessionRecord::VERSION] => Ok(reader),
            [version] => Err(Unreadable::Version(version)),
        }
    }

    fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'v [u8], Unreadable> {
        let (bytes, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Unreadable::Field(field))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Unreadable> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Unreadable::Field(field))?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn number(&mut self, field: &'static str) -> Result<i64, Unreadable> {
        self.array(field).map(number)
    }

    fn time(&mut self, field: &'static str) -> Result<UtcDateTime, Unreadable> {
        from_micros(self.number(field)?).ok_or(Unreadable::Field(field))
    }

    fn log_in(&mut self) -> Result<UtcDateTime, Unreadable> {
        self.time("authenticated_at")
    }

    /// A text with its length before it.
    fn text(&mut self, field: &'static str) -> Result<&'v str, Unreadable> {
        let [length] = self.array(field)?;
        let bytes = self.bytes(length.into(), field)?;
        str::from_utf8(bytes).map_err(|_| Unreadable::Field(field))
    }

    fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        match self.array(field)? {
            [0] => Ok(None),
            [1] => read(self).map(Some),
            _ => Err(Unreadable::Field(field)),
        }
    }

    fn principal(&mut self) -> Result<Option<Principal>, Unreadable> {
        match self.text("principal")? {
            "" => Ok(None),
            name => {
                let principal = Principal::new(name);
                principal
                    .map(Some)
                    .map_err(|_| Unreadable::Field("principal"))
            }
        }
    }

    /// A label is cut to what is valid, so one that is cut was not valid.
    fn label(&mut self) -> Result<Label, Unreadable> {
        let text = self.text("label")?;
        let label = Label::new(text);
        match label.as_str() == text {
            true => Ok(label),
            false => Err(Unreadable::Field("label")),
        }
    }

    fn previous_secret(&mut self) -> Result<PreviousSecret, Unreadable> {
        const FIELD: &str = "previous_secret";
        Ok(PreviousSecret {
            hash: self.array(FIELD).map(SecretHash::from_bytes)?,
            valid_until: self.time(FIELD)?,
            successor: self.array(FIELD).map(SealedSecret::from_bytes)?,
        })
    }

    /// Everything that is left.
    fn state(&mut self) -> Result<SerializedState, Unreadable> {
        let text = str::from_utf8(self.0).map_err(|_| Unreadable::Field("state"))?;
        Ok(SerializedState::from_json(Arc::<str>::from(text)))
    }
}

#[cfg(test)]
mod tests;
