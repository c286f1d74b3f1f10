//! The language of the pages, kept in the client-side state of the session.

use pavex::methods;
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
    /// The language that the visitor chose.
    #[request_scoped(clone_if_necessary)]
    pub fn of(session: &Session) -> Self {
        // A language that an older release offered is no reason to refuse the page.
        let chosen = session.client().get(LANGUAGE);
        chosen.ok().flatten().unwrap_or_default()
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

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
