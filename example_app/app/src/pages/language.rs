//! The language of the pages, in the client-side state of the session.

use pavex::http::header::ACCEPT_LANGUAGE;
use pavex::methods;
use pavex::request::RequestHead;
use serde::{Deserialize, Serialize};
use session::{Session, StateKey};

pub use super::texts::Texts;
use super::texts::english::ENGLISH;
use super::texts::german::GERMAN;

/// The key of the visitor's language.
///
/// The value is in the cookie itself, so that no page loads a record just for its language.
pub const LANGUAGE: StateKey<Language> = StateKey::new("language");

/// A language of the shop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English, the default.
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

impl Localized {
    /// Returns the text in that language.
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::German => self.german,
        }
    }
}

#[methods]
impl Language {
    /// Returns the visitor's choice or, before there is one, the preference of the browser.
    ///
    /// Shows how to read client-side state: [`Session::client`] reads the cookie and asks no store.
    #[request_scoped(clone_if_necessary)]
    pub fn of(session: &Session, head: &RequestHead) -> Self {
        // An unreadable choice, such as a language of an older release, counts as none.
        let chosen = session.client().get(LANGUAGE).ok().flatten();
        chosen.unwrap_or_else(|| {
            let header = head.headers.get(ACCEPT_LANGUAGE);
            let preferred = header.and_then(|header| header.to_str().ok());
            Self::first_of(preferred.unwrap_or_default())
        })
    }
}

impl Language {
    /// All languages, in the order of the menu.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Returns the first language of an `Accept-Language` header that the shop has. Browsers send
    /// the preferred language first.
    fn first_of(header: &str) -> Self {
        let mut codes = header
            .split(',')
            .filter_map(|range| range.trim().split(['-', ';']).next());
        let known = codes.find_map(|code| Self::from_code(&code.to_ascii_lowercase()));
        known.unwrap_or_default()
    }

    /// Returns the language with that code, if the shop has it.
    pub fn from_code(code: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|language| language.code() == code)
    }

    /// Returns the code of BCP 47, for `<html lang>`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Returns the name of the language in the language itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Returns the texts of the pages.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_of_the_header_that_the_shop_has() {
        for (header, language) in [
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
            assert_eq!(Language::first_of(header), language, "{header}");
        }
    }
}
