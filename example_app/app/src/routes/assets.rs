//! The style sheet and the icon: routes without a session.

use pavex::Response;
use pavex::get;
use pavex::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

/// Returns the style sheet of all pages.
#[get(path = "/assets/style.css")]
pub fn style_sheet() -> Response {
    asset(
        include_str!("../../assets/style.css"),
        "text/css; charset=utf-8",
    )
}

/// Returns the icon of the site.
#[get(path = "/assets/icon.svg")]
pub fn icon() -> Response {
    asset(include_str!("../../assets/icon.svg"), "image/svg+xml")
}

fn asset(content: &'static str, content_type: &'static str) -> Response {
    Response::ok()
        .set_typed_body(content)
        .insert_header(CONTENT_TYPE, HeaderValue::from_static(content_type))
        .insert_header(
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=300"),
        )
}
