//! The parts that all pages have in common.

use std::borrow::Borrow;

use askama::filters::Safe;
use pavex::methods;
use pavex::request::RequestHead;
use session::{Flash, LocalPath, Principal, Session, SessionError};

use super::language::{Language, Localized, Texts};
use crate::errors::ShopError;
use crate::shop::cart::CART;
use crate::shop::price::Price;

/// The only script of the shop. Everything works without it.
pub(super) const WARNING_SCRIPT: &str = include_str!("warning.js");

/// The frame of a page: its header with the navigation, the messages, its footer.
#[derive(Debug)]
pub struct Layout {
    /// The language of the page.
    pub language: Language,
    /// The name of the member who is logged in.
    pub user: Option<String>,
    /// The number of items in the cart.
    pub cart_count: u32,
    /// The path of the page.
    pub here: LocalPath,
    /// The messages of the requests before.
    pub flashes: Vec<Flash>,
}

#[methods]
impl Layout {
    /// Returns the frame of the requested page, without messages.
    ///
    /// Shows how a component reads the session: it depends on [`Session`] like a handler does.
    ///
    /// # Errors
    ///
    /// Returns [`ShopError::Session`] if the session cannot be read.
    #[request_scoped]
    pub async fn new(
        session: &Session,
        user: &Option<Principal>,
        language: Language,
        head: &RequestHead,
    ) -> Result<Self, ShopError> {
        let cart = session.get(CART).await?.unwrap_or_default();
        Ok(Self {
            language,
            user: user.as_ref().map(Principal::to_string),
            cart_count: cart.count(),
            here: LocalPath::requested(head),
            flashes: Vec::new(),
        })
    }
}

impl Layout {
    /// Returns the frame for a page that changes nothing, without messages: member and cart are
    /// those of a moment ago.
    ///
    /// An example of [`Session::recent`]: within the second, the page costs no store operation.
    /// Pages that follow a change ask for `Layout` instead, since another server may have made that
    /// change.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError`] if the session cannot be read.
    pub async fn recent(
        session: &Session,
        language: Language,
        head: &RequestHead,
    ) -> Result<Self, SessionError> {
        let recent = session.recent().await?;
        let cart = recent.get(CART)?.unwrap_or_default();
        Ok(Self {
            language,
            user: recent.principal().map(Principal::to_string),
            cart_count: cart.count(),
            here: LocalPath::requested(head),
            flashes: Vec::new(),
        })
    }

    /// Returns the frame with the messages of the requests before, each of which is shown once.
    ///
    /// Shows how to display messages: the response to this request removes what
    /// [`Session::flashes`] returns.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError`] if the session cannot be read.
    pub async fn with_flashes(self, session: &mut Session) -> Result<Self, SessionError> {
        let flashes = session.flashes().await?;
        Ok(Self { flashes, ..self })
    }

    /// Returns the attribute that marks a link as the one to this page.
    pub fn current(&self, page: &str) -> Safe<&'static str> {
        match below(self.here.as_str(), page) {
            Some("") => Safe(" aria-current=\"page\""),
            _ => Safe(""),
        }
    }

    /// Returns the attribute that marks a link as the one to this page or a page above it.
    pub fn section(&self, page: &str) -> Safe<&'static str> {
        match below(self.here.as_str(), page) {
            Some(part) if !part.is_empty() => Safe(" aria-current=\"true\""),
            _ => self.current(page),
        }
    }

    /// Returns the script that warns a member before the log-out.
    pub fn warning_script(&self) -> Safe<&'static str> {
        Safe(WARNING_SCRIPT)
    }

    /// Returns the texts in the language of the page.
    pub fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// Returns a text in the language of the page.
    pub fn text(&self, text: &Localized) -> &'static str {
        text.text(self.language)
    }

    /// Returns a price as the language of the page writes it.
    pub fn price(&self, price: impl Borrow<Price>) -> String {
        price.borrow().display(self.language)
    }
}

/// Returns the part of the path below that page: empty for the page itself, whatever its query.
fn below<'a>(path: &'a str, page: &str) -> Option<&'a str> {
    let path = path.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix(page)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_a_page_at_a_slash_only() {
        assert_eq!(below("/account?a=/b", "/account"), Some(""));
        assert_eq!(below("/account/devices", "/account"), Some("/devices"));
        assert_eq!(below("/accounts", "/account"), None);
        assert_eq!(below("/", "/account"), None);
    }
}
