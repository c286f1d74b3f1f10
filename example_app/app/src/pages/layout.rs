//! What all pages have in common.

use std::borrow::Borrow;

use pavex::methods;
use pavex::request::RequestHead;
use session::Session;

use super::language::{Language, Texts};
use super::local_path::LocalPath;
use crate::errors::ShopError;
use crate::members::USER;
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
        language: Language,
        head: &RequestHead,
    ) -> Result<Self, ShopError> {
        let cart = session.get(CART).await?.unwrap_or_default();
        Ok(Self {
            language,
            user: session.get(USER).await?,
            cart_count: cart.count(),
            here: LocalPath::of(head),
        })
    }
}

impl Layout {
    /// What the page says.
    pub fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// A price in the language of the page.
    pub fn price(&self, price: impl Borrow<Price>) -> String {
        price.borrow().display(self.language)
    }
}
