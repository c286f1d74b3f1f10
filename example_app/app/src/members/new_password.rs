use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use crate::pages::language::Texts;

/// A password that a member may choose, by the rules of NIST SP 800-63B: long enough, and none that attackers try
/// first. No rule says which characters it must have.
pub struct NewPassword(String);

/// Why a text is no [`NewPassword`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPassword {
    /// It is short.
    #[error("the password has less than {MIN_PASSWORD_LEN} characters")]
    TooShort,
    /// It is longer than what anybody types or a password manager makes.
    #[error("the password has more than {MAX_PASSWORD_LEN} characters")]
    TooLong,
    /// It is among the first that attackers try for anybody, here, or for this member.
    #[error("the password is a common one")]
    TooCommon,
    /// It was typed in another way the second time.
    #[error("the password and its repetition differ")]
    Differs,
}

/// How many characters a password has at least.
pub const MIN_PASSWORD_LEN: usize = 8;

/// How many characters a password has at most.
pub const MAX_PASSWORD_LEN: usize = 256;

/// What leaked most often, of those that are long enough.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Words that are expected here.
const OF_THE_SHOP: [&str; 2] = ["inkwell", "stationery"];

impl BadPassword {
    /// What to tell the member.
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
    /// The password that a member of that name chose, and typed twice.
    ///
    /// # Errors
    ///
    /// If it breaks a rule.
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

/// Digits and signs around a common word make no good password of it.
fn is_common(text: &str, name: &str) -> bool {
    let text = text.to_lowercase();
    let word = text.trim_matches(|c: char| !c.is_alphabetic());
    let name = name.to_lowercase();
    let expected = word == name || OF_THE_SHOP.contains(&word);
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
    fn any_characters_make_a_password() {
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
    fn the_length_counts_in_characters() {
        assert_eq!(choose("äöüäöüä"), Err(BadPassword::TooShort));
        assert_eq!(choose(""), Err(BadPassword::TooShort));
        assert_eq!(choose(&"aB".repeat(129)), Err(BadPassword::TooLong));
    }

    #[test]
    fn what_attackers_try_first_is_refused() {
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
    fn it_is_typed_twice() {
        let chosen = NewPassword::choose("wool and rain", "wool und rain", "ada");
        assert_eq!(chosen.map(drop), Err(BadPassword::Differs));
    }

    #[test]
    fn it_is_not_printed() {
        let chosen = NewPassword("wool and rain".to_owned());
        assert_eq!(format!("{chosen:?}"), "NewPassword(…)");
    }

    #[test]
    fn the_list_has_one_password_a_line() {
        for line in include_str!("common_passwords.txt").lines() {
            assert_eq!(line, line.trim().to_lowercase());
            assert!(!line.is_empty());
        }
        assert!(COMMON.len() > 100);
    }
}
