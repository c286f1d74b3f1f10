//! The fields of a form.

use std::fmt;

use pavex::methods;
use pavex::request::RequestHead;
use pavex::request::body::{BufferedBody, UrlEncodedBody};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use session::LocalPath;

use crate::errors::{BadInput, ShopError};

/// The fields of the form in the request's body.
///
/// In contrast to [`UrlEncodedBody`], a body that is not such a form is answered with a page of the
/// shop.
#[derive(Debug)]
pub struct Form<T>(pub T);

#[methods]
impl<T> Form<T> {
    /// Reads the form.
    ///
    /// # Errors
    ///
    /// Returns [`BadInput::Form`] if the body is not a form or a field is missing.
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
            // Pavex's own error is dropped, because it may quote the visitor's input.
            Err(_) => Err(BadInput::Form.into()),
        }
    }
}

/// Reads the field with the page to go to. Another site, which anyone can put into a link, counts
/// as a missing field.
pub(crate) fn local_path<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<LocalPath>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(LocalPath::parse(&text))
}

/// Reads a box that is ticked. A browser leaves the field of any other box out.
pub(crate) fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer)?;
    Ok(true)
}

/// The text of a password field. Its `Debug` form does not show it.
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
    fn a_typed_password_is_hidden_in_debug_output() {
        let typed = Typed("analytical engine".to_owned());
        assert_eq!(format!("{typed:?}"), "Typed(…)");
    }
}
