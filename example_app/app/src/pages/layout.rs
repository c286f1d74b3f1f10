//! What all pages have in common.

use std::borrow::Borrow;

use askama::filters::Safe;
use pavex::methods;
use pavex::request::RequestHead;
use session::{Flash, Principal, Session, SessionError};

use super::language::{Language, Texts};
use super::local_path::LocalPath;
use crate::errors::ShopError;
use crate::shop::cart::CART;
use crate::shop::price::Price;

/// What surrounds the content of a page: the head, the navigation, the foot.
#[derive(Debug)]
pub struct Layout {
    /// The language of the page.
    pub language: Language,
    /// Who is logged in.
    pub user: Option<String>,
    /// How many things are in the cart.
    pub cart_count: u32,
    /// The path of the page.
    pub here: LocalPath,
    /// What the page before left to say.
    pub flashes: Vec<Flash>,
}

#[methods]
impl Layout {
    /// The surroundings of the page that the request asks for.
    ///
    /// # Errors
    ///
    /// If the session cannot be read.
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
            here: LocalPath::of(head),
            flashes: Vec::new(),
        })
    }
}

impl Layout {
    /// With what the page before left to say. The next page does not say it again.
    ///
    /// # Errors
    ///
    /// If the session cannot be read.
    pub async fn with_flashes(self, session: &mut Session) -> Result<Self, SessionError> {
        let flashes = session.flashes().await?;
        Ok(Self { flashes, ..self })
    }

    /// The attribute of a link to the page, if that is this page.
    pub fn current(&self, page: &str) -> Safe<&'static str> {
        match self.here.below(page) {
            Some("") => Safe(" aria-current=\"page\""),
            _ => Safe(""),
        }
    }

    /// The attribute of a link to the page, if that or a page below it is this page.
    pub fn section(&self, page: &str) -> Safe<&'static str> {
        match self.here.below(page) {
            Some(part) if !part.is_empty() => Safe(" aria-current=\"true\""),
            _ => self.current(page),
        }
    }

    /// What the page says.
    pub fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// A price in the language of the page.
    pub fn price(&self, price: impl Borrow<Price>) -> String {
        price.borrow().display(self.language)
    }
}
