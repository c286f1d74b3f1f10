use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use crate::pages::language::Texts;

/// A password that a member may choose, by the rules of NIST SP 800-63B.
///
/// It has a minimum length and is not among those that attackers try first. There are no rules
/// about kinds of characters.
pub struct NewPassword(String);

/// The reason why a text is not a [`NewPassword`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPassword {
    /// The password is shorter than [`MIN_PASSWORD_LEN`].
    #[error("the password has fewer than {MIN_PASSWORD_LEN} characters")]
    TooShort,
    /// The password is longer than [`MAX_PASSWORD_LEN`].
    #[error("the password has more than {MAX_PASSWORD_LEN} characters")]
    TooLong,
    /// The password is common, or consists of the name of the shop or the member.
    #[error("the password is among those that attackers try first")]
    TooCommon,
    /// The repetition is another text.
    #[error("the password and its repetition differ")]
    Differs,
}

/// The smallest number of characters in a password.
pub const MIN_PASSWORD_LEN: usize = 8;

/// The largest number of characters in a password.
pub const MAX_PASSWORD_LEN: usize = 256;

/// The passwords that leaked most often and are long enough, in lower case.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The words that attackers would try at this shop.
const SHOP_WORDS: [&str; 2] = ["inkwell", "stationery"];

impl BadPassword {
    /// Returns the explanation for the member.
    pub fn text(&self, texts: &Texts) -> &'static str {
        match self {
            Self::TooShort => texts.password_too_short,
            Self::TooLong => texts.password_too_long,
            Self::TooCommon => texts.password_too_common,
            Self::Differs => texts.password_differs,
        }
    }
}

impl NewPassword {
    /// Checks the password that the member of that name typed twice.
    ///
    /// # Errors
    ///
    /// Returns [`BadPassword`] if the password breaks a rule or the repetition differs.
    pub fn choose(text: &str, repetition: &str, name: &str) -> Result<Self, BadPassword> {
        match text.chars().count() {
            ..MIN_PASSWORD_LEN => Err(BadPassword::TooShort),
            n if n > MAX_PASSWORD_LEN => Err(BadPassword::TooLong),
            _ if is_common(text, name) => Err(BadPassword::TooCommon),
            _ if text != repetition => Err(BadPassword::Differs),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Returns `true` for common passwords and words, also with digits and signs around them.
fn is_common(text: &str, name: &str) -> bool {
    let text = text.to_lowercase();
    let word = text.trim_matches(|c: char| !c.is_alphabetic());
    let name = name.to_lowercase();
    let expected = word == name || SHOP_WORDS.contains(&word);
    let mut characters = text.chars();
    let first = characters.next();
    expected
        || COMMON.contains(text.as_str())
        || COMMON.contains(word)
        || characters.all(|c| Some(c) == first)
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<(), BadPassword> {
        NewPassword::choose(text, text, "ada").map(drop)
    }

    #[test]
    fn long_passwords_of_any_characters_are_accepted() {
        let longest = "aB".repeat(128);
        for text in [
            "analytical engine",
            "wollknäuel im regen",
            "        x",
            "82649173",
            "🗝🗝🗝🗝🗝🗝🗝🔒",
            &longest,
        ] {
            assert_eq!(choose(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_length_of_a_password_is_counted_in_characters() {
        assert_eq!(choose("äöüäöüä"), Err(BadPassword::TooShort));
        assert_eq!(choose(""), Err(BadPassword::TooShort));
        assert_eq!(choose(&"aB".repeat(129)), Err(BadPassword::TooLong));
    }

    #[test]
    fn passwords_that_attackers_try_first_are_refused() {
        for text in [
            "password",
            "Password",
            "12345678",
            "password123!",
            "!!iloveyou!!",
            "qwertyuiop",
            "aaaaaaaa",
            "inkwell2024",
            "Ada12345",
            "1ada1815",
        ] {
            assert_eq!(choose(text), Err(BadPassword::TooCommon), "{text}");
        }
    }

    #[test]
    fn a_password_with_another_repetition_is_refused() {
        let chosen = NewPassword::choose("wool and rain", "wool und rain", "ada");
        assert_eq!(chosen.map(drop), Err(BadPassword::Differs));
    }

    #[test]
    fn a_password_is_hidden_in_debug_output() {
        let chosen = NewPassword("wool and rain".to_owned());
        assert_eq!(format!("{chosen:?}"), "NewPassword(…)");
    }

    #[test]
    fn the_list_of_common_passwords_has_one_in_lower_case_on_each_line() {
        for line in include_str!("common_passwords.txt").lines() {
            assert_eq!(line, line.trim().to_lowercase());
            assert!(!line.is_empty());
        }
        assert!(COMMON.len() > 100);
    }
}
