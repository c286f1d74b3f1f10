//! The language of the pages, kept in the client-side state of the session.

use pavex::http::header::ACCEPT_LANGUAGE;
use pavex::methods;
use pavex::request::RequestHead;
use serde::{Deserialize, Serialize};
use session::{Session, StateKey};

pub use super::texts::Texts;
use super::texts::{ENGLISH, GERMAN};
use crate::errors::BadInput;

/// Where the session has the language.
///
/// It is in the cookie itself: no page loads a record only to know its language.
pub const LANGUAGE: StateKey<Language> = StateKey::new("language");

/// A language that the shop speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English, unless the visitor chooses.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

/// A text in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Localized {
    /// The text in English.
    pub english: &'static str,
    /// The text in German.
    pub german: &'static str,
}

#[methods]
impl Language {
    /// The language that the visitor chose, or else the one that the browser asks for.
    #[request_scoped(clone_if_necessary)]
    pub fn of(session: &Session, head: &RequestHead) -> Self {
        // A language that an older release offered is no reason to refuse the page.
        let chosen = session.client().get(LANGUAGE).ok().flatten();
        chosen.unwrap_or_else(|| {
            let header = head.headers.get(ACCEPT_LANGUAGE);
            let wanted = header.and_then(|wanted| wanted.to_str().ok());
            Self::first_of(wanted.unwrap_or_default())
        })
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The first language of an `Accept-Language` header that the shop speaks: browsers name the preferred one
    /// first.
    fn first_of(wanted: &str) -> Self {
        let mut codes = wanted
            .split(',')
            .filter_map(|range| range.trim().split(['-', ';']).next());
        let known = codes.find_map(|code| Self::from_code(&code.to_ascii_lowercase()).ok());
        known.unwrap_or_default()
    }

    /// The language with that code.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn from_code(code: &str) -> Result<Self, BadInput> {
        let mut all = Self::ALL.into_iter();
        all.find(|language| language.code() == code)
            .ok_or(BadInput::Language)
    }

    /// The code of BCP 47, as in `<html lang>`.
    pub fn code(self) -> &'static str {
        self.choose("en", "de")
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        self.choose("English", "Deutsch")
    }

    /// The text in this language.
    pub fn say(self, text: &Localized) -> &'static str {
        self.choose(text.english, text.german)
    }

    /// What the pages say in this language.
    pub fn texts(self) -> &'static Texts {
        self.choose(&ENGLISH, &GERMAN)
    }

    fn choose<T>(self, english: T, german: T) -> T {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_asked_for_the_language() {
        for (wanted, language) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.5", Language::German),
            ("DE-de", Language::German),
            ("fr-FR, de;q=0.8", Language::German),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("den", Language::English),
            ("fr", Language::English),
            ("*", Language::English),
            (",;q=,-", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::first_of(wanted), language, "{wanted}");
        }
    }
}
