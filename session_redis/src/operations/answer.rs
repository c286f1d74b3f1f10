use redis::{FromRedisValue, ParsingError, Value};
use session::store::{StoreError, StoreErrorKind};

use crate::record::unreadable::Unreadable;

/// The answer of a script that writes a record.
pub(super) enum Answer {
    Word(String),
    /// A field of the record, for which the session has to be registered first.
    Field(Vec<u8>),
    /// The deadline has moved. The owners of the record, if the caller does not have them.
    Extended(Vec<u8>),
}

/// The effect of a script that writes a record.
pub(super) enum Written<T> {
    Outcome(T),
    /// The script did nothing: the session has to be registered first, for this field of the
    /// record.
    Unregistered(Vec<u8>),
    /// The record was written, and has a later deadline now, and these owners, if the caller does
    /// not have them.
    Extended(Vec<u8>),
}

impl FromRedisValue for Answer {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        match value {
            Value::Array(values) if values.len() == 2 => {
                let (_word, owners): (String, _) =
                    FromRedisValue::from_redis_value(Value::Array(values))?;
                Ok(Self::Extended(owners))
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
            Self::Extended(owners) => return Ok(Written::Extended(owners)),
            Self::Word(word) => word,
        };
        match outcome(&word) {
            Some(outcome) => Ok(Written::Outcome(outcome)),
            None if word == "damaged" => Err(Unreadable::Field("expires_at").into()),
            None => Err(registration_expired()),
        }
    }
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
