use session::Principal;

/// A name that a new member may have.
///
/// It consists of lower-case ASCII letters, digits and hyphens, so that no two names look the same
/// and nobody can pose as another member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName(Principal);

/// The text is not a [`NewName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name is not 2 to 30 lower-case letters, digits and hyphens, a letter first")]
pub struct BadName;

impl NewName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// Returns [`BadName`] if the text breaks a rule.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (2..=30).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(allowed);
        match Principal::new(text) {
            Ok(principal) if fits => Ok(Self(principal)),
            _ => Err(BadName),
        }
    }

    /// Returns the owner of the new member's sessions.
    pub fn principal(&self) -> &Principal {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_accepted() {
        let longest = "a".repeat(30);
        for name in ["ada", "bo", "charles-babbage", "a1", &longest] {
            assert!(NewName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_with_other_characters_or_lengths_are_refused() {
        let too_long = "a".repeat(31);
        for name in [
            "", "a", "Ada", " ada", "ada ", "аda", "adá", "1ada", "-ada", "a\0", "a.b", &too_long,
        ] {
            assert_eq!(NewName::parse(name), Err(BadName), "{name:?}");
        }
    }
}
