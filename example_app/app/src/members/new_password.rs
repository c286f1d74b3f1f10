use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use crate::pages::language::Texts;

/// A password that a member may choose, by the rules of NIST SP 800-63B, revision 4.
///
/// It has the minimum length for a password that is the only factor, and is not among those that
/// attackers try first. There are no rules about kinds of characters.
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
    /// The password is common, or consists of the name of the shop or the member, of repetitions,
    /// or of a sequence.
    #[error("the password is among those that attackers try first")]
    TooCommon,
    /// The repetition is another text.
    #[error("the password and its repetition differ")]
    Differs,
}

/// The smallest number of characters in a password.
pub const MIN_PASSWORD_LEN: usize = 15;

/// The largest number of characters in a password.
pub const MAX_PASSWORD_LEN: usize = 256;

/// The passwords that leaked most often, in lower case: the ten thousand most common ones, and five
/// thousand that are long enough.
///
/// They are from the list `10-million-password-list-top-1000000` of SecLists, whose licence is in
/// the file `common_passwords.LICENSE`. The short ones are recognised inside a longer password.
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

/// The rows of keyboards, and the order of digits on them.
const ROWS: [&str; 6] = [
    "1234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
];

/// The smallest number of characters that do not follow from the one before.
const MIN_SURPRISES: usize = 6;

/// Returns `true` for passwords that are common, or made of something that is expected.
fn is_common(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let words = SHOP_WORDS.into_iter().chain([name.as_str()]);
    let words = words.filter(|word| !word.is_empty());
    let rest = words.fold(text.clone(), |rest, word| rest.replace(word, " "));
    let is_expected = rest != text && core(&rest).is_empty();
    let is_listed = |text: &str| COMMON.contains(text) || COMMON.contains(core(text).as_str());
    is_expected || is_listed(&text) || is_listed(&rest) || surprises(&unit(&text)) < MIN_SURPRISES
}

/// Returns the text without repetitions, and without digits and signs around it.
fn core(text: &str) -> String {
    let is_padding = |c: char| !c.is_alphabetic();
    let unit = unit(text.trim_matches(is_padding));
    unit.trim_matches(is_padding).to_owned()
}

/// Returns the shortest beginning whose repetition makes the text. The last repetition may be cut.
fn unit(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let repeats = |n: &usize| {
        characters
            .iter()
            .skip(*n)
            .eq(characters.iter().rev().skip(*n).rev())
    };
    let n = (1..=characters.len() * 2 / 3).find(repeats);
    let n = n.unwrap_or(characters.len());
    characters.into_iter().take(n).collect()
}

/// Returns the number of characters that do not follow from the one before, as the same one again,
/// or its neighbour in the alphabet or on a keyboard.
fn surprises(text: &str) -> usize {
    let pairs = text.chars().zip(text.chars().skip(1));
    let expected = pairs.filter(|(one, next)| {
        let row = [*one, *next].iter().collect::<String>();
        let back = [*next, *one].iter().collect::<String>();
        let is_near = u32::from(*one).abs_diff(u32::from(*next)) <= 1;
        is_near
            || ROWS
                .iter()
                .any(|it| it.contains(&row) || it.contains(&back))
    });
    text.chars().count() - expected.count()
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
            "analytical engine",
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
        ] {
            assert_eq!(choose(text), Err(BadPassword::TooCommon), "{text}");
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
            assert_eq!(choose(text), Err(BadPassword::TooCommon), "{text}");
        }
    }

    #[test]
    fn passwords_of_the_names_of_shop_and_member_are_refused() {
        for text in [
            "inkwell20242024",
            "Inkwell-Stationery",
            "Ada123456789012",
            "ada-ada-ada-ada-ada",
            "ada@inkwell.1815",
            "adapasswordada1815",
        ] {
            assert_eq!(choose(text), Err(BadPassword::TooCommon), "{text}");
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

    #[test]
    fn the_list_of_common_passwords_has_one_in_lower_case_on_each_line() {
        for line in include_str!("common_passwords.txt").lines() {
            assert_eq!(line, line.trim().to_lowercase());
            assert!(!line.is_empty());
        }
        let long = |line: &&&str| line.chars().count() >= MIN_PASSWORD_LEN;
        assert!(COMMON.len() >= 14_000 && COMMON.iter().filter(long).count() >= 3_000);
    }
}
