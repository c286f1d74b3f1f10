use redis::{FromRedisValue, ParsingError, Value};
use session::store::{StoreError, StoreErrorKind};

use crate::record::numbers::number;
use crate::record::unreadable::Unreadable;

/// The answer of a script that writes a record.
pub(super) enum Answer {
    Word(String),
    /// A field of the record, for which the session has to be registered first.
    Field(Vec<u8>),
    Listing(Listing),
}

/// The entry that the indexes should have for a record that was written.
pub(super) struct Listing {
    /// The time until which they list it, in microseconds since 1970.
    pub(super) until: i64,
    /// The owners of the record, if the caller does not have them.
    pub(super) owners: Vec<u8>,
}

/// The effect of a script that writes a record.
pub(super) enum Written<T> {
    Outcome(T),
    /// The script did nothing: the session has to be registered first, for this field of the
    /// record.
    Unregistered(Vec<u8>),
    /// The record was written. The indexes may have lost the session, so it is to be listed again.
    Listed(Listing),
}

impl FromRedisValue for Answer {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        match value {
            Value::Array(values) if values.len() == 2 => {
                let (until, owners): (Vec<u8>, _) =
                    FromRedisValue::from_redis_value(Value::Array(values))?;
                let until = time_of(until);
                Ok(Self::Listing(Listing { until, owners }))
            }
            Value::Array(values) => {
                let (field,) = FromRedisValue::from_redis_value(Value::Array(values))?;
                Ok(Self::Field(field))
            }
            word => String::from_redis_value(word).map(Self::Word),
        }
    }
}

impl Answer {
    /// Converts the answer, with the outcomes that its words stand for.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind `Timeout` if the registration is not valid any more, and of the
    /// kind `InvalidRecord` if the stored record is too short.
    pub(super) fn written<T>(
        self,
        outcome: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Written<T>, StoreError> {
        let word = match self {
            Self::Field(field) => return Ok(Written::Unregistered(field)),
            Self::Listing(listing) => return Ok(Written::Listed(listing)),
            Self::Word(word) => word,
        };
        match outcome(&word) {
            Some(outcome) => Ok(Written::Outcome(outcome)),
            None if word == "damaged" => Err(Unreadable::Field("expires_at").into()),
            None => Err(registration_expired()),
        }
    }
}

/// Decodes a time that a script has taken out of a record, in microseconds since 1970.
pub(super) fn time_of(field: Vec<u8>) -> i64 {
    // A script takes eight bytes.
    field.try_into().map_or(i64::MAX, number)
}

/// The error of a record that was written too long after its registration.
pub(super) fn registration_expired() -> StoreError {
    StoreError::new(StoreErrorKind::Timeout, RegistrationExpired)
}

/// The error of a record that cannot be written for all the others that write it.
pub(super) fn too_many_conflicts(attempts: u32) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, TooManyConflicts { attempts })
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the session was added to its indexes more than 30 seconds ago, so its record was \
     not written: check the load of the servers, and their clocks"
)]
struct RegistrationExpired;

#[derive(Debug, thiserror::Error)]
#[error("other requests changed the record during each of {attempts} attempts to write it")]
struct TooManyConflicts {
    attempts: u32,
}
