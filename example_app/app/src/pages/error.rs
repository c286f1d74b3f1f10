//! The pages for requests that went wrong.

use askama::Template;
use pavex::http::StatusCode;
use pavex::http::header::CONTENT_TYPE;
use pavex::{Response, post_process};

use super::html::page;
use super::language::Language;
use crate::errors::BadInput;

#[derive(Template)]
#[template(path = "refusal.html")]
struct Refusal {
    language: Language,
    title: &'static str,
    explanation: &'static str,
    consolation: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    temporary: bool,
}

/// The page that says what was wrong with the visitor's input.
pub fn refusal_page(status: StatusCode, bad_input: BadInput, language: Language) -> Response {
    let texts = language.texts();
    let explanation = match bad_input {
        BadInput::Product => texts.bad_product,
        BadInput::Quantity => texts.bad_quantity,
        BadInput::Language => texts.bad_language,
        BadInput::Form => texts.bad_form,
        BadInput::Origin => texts.bad_origin,
    };
    let refusal = Refusal {
        language,
        title: texts.not_understood,
        explanation,
        consolation: Some(texts.nothing_lost),
    };
    with_status(status, &refusal)
}

/// The page for an address that is none.
pub fn not_found_page(status: StatusCode, language: Language) -> Response {
    let texts = language.texts();
    let refusal = Refusal {
        language,
        title: texts.not_found,
        explanation: texts.not_found_hint,
        consolation: None,
    };
    with_status(status, &refusal)
}

/// The page for a failure of the shop, in all languages: the session, and with it the visitor's choice, may be
/// what failed.
pub fn failure_page(status: StatusCode) -> Response {
    let temporary = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::CONFLICT].contains(&status);
    with_status(status, &Failure { temporary })
}

fn with_status(status: StatusCode, template: &impl Template) -> Response {
    match page(template) {
        Ok(page) => page.set_status(status),
        Err(_) => Response::new(status),
    }
}

/// Puts a page in the place of what the libraries have to say about a request that went wrong, which is little.
#[post_process]
pub fn explain(response: Response, language: Language) -> Response {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_page = content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    match status {
        _ if is_page => response,
        StatusCode::FORBIDDEN => refusal_page(status, BadInput::Origin, language),
        StatusCode::CONFLICT => failure_page(status),
        _ if status.is_server_error() => failure_page(status),
        _ if status.is_client_error() => refusal_page(status, BadInput::Form, language),
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_nothing_but_its_kind() {
        let source = Failure { temporary: false }.render().unwrap_or_default();
        assert!(source.contains("Something went wrong"), "{source}");
        assert!(source.contains("schiefgegangen"), "{source}");
    }
}
