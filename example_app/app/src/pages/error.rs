//! The pages for requests that went wrong.

use askama::Template;
use pavex::Response;
use pavex::http::StatusCode;

use super::html::html;
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
    let temporary = status == StatusCode::SERVICE_UNAVAILABLE;
    with_status(status, &Failure { temporary })
}

fn with_status(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(source) => html(source).set_status(status),
        Err(_) => Response::new(status),
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
