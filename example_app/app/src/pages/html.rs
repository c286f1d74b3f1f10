//! Responses with a rendered template, and redirects to pages of the shop.

use askama::Template;
use pavex::Response;
use pavex::http::header::{HeaderValue, LOCATION, VARY};
use pavex::response::body::Html;

/// Returns the page of a template.
///
/// # Errors
///
/// Returns [`askama::Error`] if the template cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, askama::Error> {
    let html = Html::from(template.render()?);
    // Without a choice in the session, the language is that of the header: see `Language::of`.
    let vary = HeaderValue::from_static("Accept-Language");
    Ok(Response::ok()
        .set_typed_body(html)
        .insert_header(VARY, vary))
}

/// Returns the redirect to a page of the shop.
pub fn to_page(path: &'static str) -> Response {
    Response::see_other().insert_header(LOCATION, HeaderValue::from_static(path))
}
