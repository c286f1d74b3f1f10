//! The fields of a form.

use std::fmt;

use pavex::methods;
use pavex::request::RequestHead;
use pavex::request::body::{BufferedBody, UrlEncodedBody};
use serde::Deserialize;

use crate::errors::{BadInput, ShopError};

/// The body of the request, which a form sent.
///
/// As [`UrlEncodedBody`], but what is no such form gets a page of the shop for an answer.
#[derive(Debug)]
pub struct Form<T>(pub T);

#[methods]
impl<T> Form<T> {
    /// Reads the form.
    ///
    /// # Errors
    ///
    /// If the body is no form, or a field is missing.
    #[request_scoped]
    pub fn extract<'head, 'body>(
        head: &'head RequestHead,
        body: &'body BufferedBody,
    ) -> Result<Self, ShopError>
    where
        T: Deserialize<'body>,
    {
        match UrlEncodedBody::extract(head, body) {
            Ok(UrlEncodedBody(fields)) => Ok(Self(fields)),
            // What pavex says about it may repeat what the visitor typed.
            Err(_) => Err(BadInput::Form.into()),
        }
    }
}

/// What a visitor typed into a field for a password. It is not printed.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Typed(pub String);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_not_printed() {
        let typed = Typed("analytical engine".to_owned());
        assert_eq!(format!("{typed:?}"), "Typed(…)");
    }
}
