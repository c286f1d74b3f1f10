//! Templates become responses.

use askama::Template;
use pavex::Response;
use pavex::http::header::{CACHE_CONTROL, HeaderValue};
use pavex::response::body::Html;

/// The page that a template describes.
///
/// # Errors
///
/// If it cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, askama::Error> {
    let html = Html::from(template.render()?);
    Ok(Response::ok().set_typed_body(html))
}

/// A page for one member only: the browser's “back” after a log-out must not show it.
///
/// # Errors
///
/// If it cannot be rendered.
pub fn private_page(template: &impl Template) -> Result<Response, askama::Error> {
    let no_store = HeaderValue::from_static("no-store");
    Ok(page(template)?.insert_header(CACHE_CONTROL, no_store))
}
