use session::Principal;

/// A name that a new member may have.
///
/// What looks the same is the same: no capital letters, no letters of other alphabets. Nobody can sign up with a
/// name that others take for somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName(Principal);

/// Why a text is nobody's new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadName {
    /// It has characters that a name has not, or too few or too many of them.
    #[error(
        "a name has 2 to 30 characters: lower-case letters, digits and hyphens, a letter first"
    )]
    Malformed,
    /// Somebody has it.
    #[error("there is a member of that name")]
    Taken,
}

impl NewName {
    /// The name, if it can be one.
    ///
    /// # Errors
    ///
    /// If it cannot.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (2..=30).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(allowed);
        match Principal::new(text) {
            Ok(principal) if fits => Ok(Self(principal)),
            _ => Err(BadName::Malformed),
        }
    }

    /// To whom the sessions of the new member belong.
    pub fn principal(&self) -> &Principal {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        let longest = "a".repeat(30);
        for name in ["ada", "bo", "charles-babbage", "a1", &longest] {
            assert!(NewName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_could_be_taken_for_another_are_refused() {
        let too_long = "a".repeat(31);
        for name in [
            "", "a", "Ada", " ada", "ada ", "аda", "adá", "1ada", "-ada", "a\0", "a.b", &too_long,
        ] {
            assert_eq!(NewName::parse(name), Err(BadName::Malformed), "{name:?}");
        }
    }
}
