//! The fallback for all other requests.

use pavex::Response;
use pavex::fallback;
use pavex::http::StatusCode;
use pavex::http::header::ALLOW;
use pavex::router::AllowedMethods;

use crate::pages::error::not_found_page;
use crate::pages::language::Language;

/// Returns the page for a path that does not exist, or does not support the method.
#[fallback]
pub fn not_found(allowed: &AllowedMethods, language: Language) -> Response {
    match allowed.allow_header_value() {
        None => not_found_page(StatusCode::NOT_FOUND, language),
        Some(methods) => {
            not_found_page(StatusCode::METHOD_NOT_ALLOWED, language).insert_header(ALLOW, methods)
        }
    }
}
