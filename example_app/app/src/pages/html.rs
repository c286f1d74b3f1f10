//! Templates become responses.

use askama::Template;
use pavex::Response;
use pavex::http::header::{
    CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use pavex::response::body::Html;

/// Nothing but this site's own style sheet and pictures, and no scripts at all.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// The page that a template describes.
///
/// # Errors
///
/// If it cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, askama::Error> {
    Ok(html(template.render()?))
}

/// The page with that source.
pub(crate) fn html(source: String) -> Response {
    Response::ok()
        .set_typed_body(Html::from(source))
        .insert_header(CONTENT_SECURITY_POLICY, POLICY)
        .insert_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .insert_header(REFERRER_POLICY, HeaderValue::from_static("same-origin"))
}
