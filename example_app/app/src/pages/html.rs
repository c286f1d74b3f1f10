//! Templates become responses.

use askama::Template;
use pavex::Response;
use pavex::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use pavex::response::body::Html;

/// The page that a template describes.
///
/// # Errors
///
/// If it cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, askama::Error> {
    let html = Html::from(template.render()?);
    // See `Language::of`.
    let vary = HeaderValue::from_static("Accept-Language");
    Ok(Response::ok()
        .set_typed_body(html)
        .insert_header(VARY, vary))
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
