use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::strict;
use crate::errors::SessionError;

/// A value that can be kept in a session.
///
/// It is implemented for all types that serde can write and read back, and for `str` and slices,
/// which are read back as `String` and `Vec`. For a type of your own, derive serde's `Serialize`
/// and `Deserialize`.
///
/// # What is guaranteed
///
/// A value that [`insert`](crate::Session::insert), [`update`](crate::Session::update) or
/// [`try_update`](crate::Session::try_update) accepts is one that
/// [`get`](crate::Session::get) returns again. The value is written as JSON, and at once read back
/// as [`Self::Owned`]. If that fails, the call is an error and nothing changes:
///
/// - [`SessionError::Serialize`] for a value that JSON does not have: NaN and infinite numbers,
///   keys of a map that have no form as text, such as tuples, and a `Some` whose content is written
///   as `null`.
/// - [`SessionError::NotReadBack`] for a value whose JSON is not a [`Self::Owned`]. Examples are
///   fields that are skipped when writing but required when reading, a `u128` within an internally
///   tagged enum, and more than 127 levels of nested arrays and objects.
///
/// A type decides itself how it is written and read. If it leaves a field out on purpose, such as
/// with `#[serde(skip)]`, that field comes back with its default value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a session",
    note = "it must implement serde's `Serialize`, and `Deserialize` without borrowing"
)]
pub trait StateValue: Serialize {
    /// The type as which the value is read back.
    type Owned: DeserializeOwned;
}

impl<T: Serialize + DeserializeOwned> StateValue for T {
    type Owned = T;
}

impl StateValue for str {
    type Owned = String;
}

impl<T: Serialize + DeserializeOwned> StateValue for [T] {
    type Owned = Vec<T>;
}

/// Returns the value as JSON, and as what a later read of that JSON returns.
pub(crate) fn encode<V: StateValue + ?Sized>(
    key: &str,
    value: &V,
) -> Result<(String, V::Owned), SessionError> {
    let json = strict::to_json(value).map_err(|source| SessionError::Serialize {
        key: key.to_owned(),
        source,
    })?;
    match serde_json::from_str(&json) {
        Ok(read_back) => Ok((json, read_back)),
        // Its text may contain parts of the value.
        Err(_source) => Err(SessionError::NotReadBack {
            key: key.to_owned(),
            expected: std::any::type_name::<V::Owned>(),
        }),
    }
}

pub(crate) fn decode<T: DeserializeOwned>(key: &str, json: &str) -> Result<T, SessionError> {
    // The text of the source may contain parts of the value.
    serde_json::from_str(json).map_err(|_source| SessionError::Deserialize {
        key: key.to_owned(),
        expected: std::any::type_name::<T>(),
    })
}

/// The JSON text of a value, in the type that is for such texts.
pub(crate) fn as_raw(json: &str) -> &RawValue {
    serde_json::from_str(json).expect("a value of a state is a JSON text")
}
