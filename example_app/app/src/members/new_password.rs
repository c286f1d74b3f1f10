use std::fmt;

use zxcvbn::Score;

use crate::pages::language::Texts;

/// A password that a member may choose, by the rules of NIST SP 800-63B, revision 4.
///
/// It has the minimum length for a password that is the only factor, and is hard to guess. There
/// are no rules about kinds of characters.
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
    /// The password is common, or consists of words, names, repetitions or sequences that attackers
    /// try first.
    #[error("the password is easy to guess")]
    Guessable,
    /// The repetition is another text.
    #[error("the password and its repetition differ")]
    Differs,
}

/// The smallest number of characters in a password.
pub const MIN_PASSWORD_LEN: usize = 15;

/// The largest number of characters in a password.
pub const MAX_PASSWORD_LEN: usize = 256;

/// The number of characters at the beginning of a password that have to be hard to guess.
const RATED_LEN: usize = 32;

/// The words that attackers would try at this shop.
const SHOP_WORDS: [&str; 2] = ["inkwell", "stationery"];

impl BadPassword {
    /// Returns the explanation for the member.
    pub fn text(&self, texts: &Texts) -> &'static str {
        match self {
            Self::TooShort => texts.password_too_short,
            Self::TooLong => texts.password_too_long,
            Self::Guessable => texts.password_guessable,
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
            _ if text != repetition => Err(BadPassword::Differs),
            _ if is_guessable(text, name) => Err(BadPassword::Guessable),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Returns `true` if `zxcvbn` expects an attacker to find the password within 10¹⁰ guesses.
///
/// It compares with the 30,000 passwords that leaked most often, and with words, names, dates,
/// repetitions and sequences. Only the beginning of a long password is rated, because the whole
/// could take a second. A password is at least as hard to guess as its beginning.
fn is_guessable(text: &str, name: &str) -> bool {
    let beginning: String = text.chars().take(RATED_LEN).collect();
    let expected: Vec<&str> = SHOP_WORDS.into_iter().chain([name]).collect();
    zxcvbn::zxcvbn(&beginning, &expected).score() < Score::Four
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
        let longest: String = (0..256)
            .filter_map(|n| char::from_u32(0x4e00 + n * 7))
            .collect();
        for text in [
            "difference engine no. 2",
            "wollknäuel im regen",
            "wool rain clock",
            "826491735502846",
            "🗝🌧🧶🖋📚🕯🔒🎻🪵🧭🪁🫖🧂🪟🕰",
            &longest,
        ] {
            assert_eq!(choose(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_length_of_a_password_is_counted_in_characters() {
        assert_eq!(choose("äöüäöüäöüäöüäö"), Err(BadPassword::TooShort));
        assert_eq!(choose("fourteen chars"), Err(BadPassword::TooShort));
        assert_eq!(choose(""), Err(BadPassword::TooShort));
        assert_eq!(choose(&"aB".repeat(129)), Err(BadPassword::TooLong));
    }

    #[test]
    fn passwords_that_attackers_try_first_are_refused() {
        for text in [
            "1qaz2wsx3edc4rfv",
            "PolniyPizdec0211",
            "password1234567",
            "!!!!iloveyou!!!!",
            "PasswordPassword",
            "password!password!",
            "password123password",
            "dragondragondragon",
            "passwordpasswordpasswordpasswordx7#q9!vK2&mZ",
        ] {
            assert_eq!(choose(text), Err(BadPassword::Guessable), "{text}");
        }
    }

    #[test]
    fn repetitions_and_sequences_are_refused() {
        for text in [
            "aaaaaaaaaaaaaaaa",
            "xk9xk9xk9xk9xk9xk9",
            "abcdefghijklmnopq",
            "zyxwvutsrqponmlk",
            "qwertyuiop123456789",
            "0987654321poiuytrewq",
        ] {
            assert_eq!(choose(text), Err(BadPassword::Guessable), "{text}");
        }
    }

    #[test]
    fn passwords_of_the_names_of_shop_and_member_are_refused() {
        for text in [
            "inkwell20242024",
            "Inkwell-Stationery",
            "Ada123456789012",
            "ada-ada-ada-ada-ada",
            "stationery-ada-1",
        ] {
            assert_eq!(choose(text), Err(BadPassword::Guessable), "{text}");
        }
    }

    #[test]
    fn a_password_with_another_repetition_is_refused() {
        let chosen = NewPassword::choose("wool and rain clouds", "wool und rain clouds", "ada");
        assert_eq!(chosen.map(drop), Err(BadPassword::Differs));
    }

    #[test]
    fn a_password_is_hidden_in_debug_output() {
        let chosen = NewPassword("wool and rain clouds".to_owned());
        assert_eq!(format!("{chosen:?}"), "NewPassword(…)");
    }
}
