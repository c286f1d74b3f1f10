use std::sync::Arc;

use session::Principal;
use session::store::{
    Label, Lifetime, OriginHash, PreviousSecret, SealedSecret, SecretHash, SerializedState,
    StampHash, from_micros,
};
use time::UtcDateTime;

use super::numbers::number;
use super::owners::Owners;
use super::unreadable::Unreadable;

/// Reads a value field by field; holds the part that is still to be read.
pub(super) struct Reader<'v>(&'v [u8]);

impl<'v> Reader<'v> {
    pub(super) fn new(value: &'v [u8]) -> Self {
        Self(value)
    }

    fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'v [u8], Unreadable> {
        let split = self.0.split_at_checked(count);
        let (bytes, rest) = split.ok_or(Unreadable::Field(field))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], Unreadable> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Unreadable::Field(field))?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub(super) fn number(&mut self, field: &'static str) -> Result<i64, Unreadable> {
        self.array(field).map(number)
    }

    pub(super) fn time(&mut self, field: &'static str) -> Result<UtcDateTime, Unreadable> {
        from_micros(self.number(field)?).ok_or(Unreadable::Field(field))
    }

    /// Reads a byte that is 1 if there is a field, and the field.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        match self.array(field)? {
            [0] => Ok(None),
            [1] => read(self, field).map(Some),
            _ => Err(Unreadable::Field(field)),
        }
    }

    /// Reads a text with its length before it.
    fn text(&mut self, field: &'static str) -> Result<&'v str, Unreadable> {
        let [length] = self.array(field)?;
        let bytes = self.bytes(length.into(), field)?;
        str::from_utf8(bytes).map_err(|_| Unreadable::Field(field))
    }

    /// Reads the principal and the origin.
    pub(super) fn owners(&mut self) -> Result<Owners, Unreadable> {
        Ok(Owners {
            principal: self.principal()?,
            origin: self.origin()?,
        })
    }

    fn origin(&mut self) -> Result<Option<OriginHash>, Unreadable> {
        const FIELD: &str = "origin";
        match self.array(FIELD)? {
            [0] => Ok(None),
            [16] => self.array(FIELD).map(OriginHash::from_bytes).map(Some),
            _ => Err(Unreadable::Field(FIELD)),
        }
    }

    fn principal(&mut self) -> Result<Option<Principal>, Unreadable> {
        const FIELD: &str = "principal";
        match self.text(FIELD)? {
            "" => Ok(None),
            name => {
                let principal = Principal::new(name);
                principal.map(Some).map_err(|_| Unreadable::Field(FIELD))
            }
        }
    }

    pub(super) fn label(&mut self, field: &'static str) -> Result<Label, Unreadable> {
        let text = self.text(field)?;
        let label = Label::new(text);
        // `Label` cuts a text to its valid part, so one that it cuts was not a label.
        match label.as_str() == text {
            true => Ok(label),
            false => Err(Unreadable::Field(field)),
        }
    }

    pub(super) fn previous_secret(
        &mut self,
        field: &'static str,
    ) -> Result<PreviousSecret, Unreadable> {
        Ok(PreviousSecret {
            hash: self.array(field).map(SecretHash::from_bytes)?,
            valid_until: self.time(field)?,
            successor: self.array(field).map(SealedSecret::from_bytes)?,
        })
    }

    pub(super) fn stamp(&mut self, field: &'static str) -> Result<StampHash, Unreadable> {
        self.array(field).map(StampHash::from_bytes)
    }

    pub(super) fn lifetime(&mut self) -> Result<Lifetime, Unreadable> {
        const FIELD: &str = "lifetime";
        let [number] = self.array(FIELD)?;
        Lifetime::from_u8(number).ok_or(Unreadable::Field(FIELD))
    }

    /// Reads the state, which is the rest of the value.
    pub(super) fn state(self) -> Result<SerializedState, Unreadable> {
        let text = str::from_utf8(self.0).map_err(|_| Unreadable::Field("state"))?;
        Ok(SerializedState::from_json(Arc::<str>::from(text)))
    }
}
