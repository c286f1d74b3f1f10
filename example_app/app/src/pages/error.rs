//! The pages for requests that went wrong.

use askama::Template;
use pavex::http::StatusCode;
use pavex::http::header::CONTENT_TYPE;
use pavex::{Response, post_process};
use time::Duration;

use super::html::page;
use super::language::Language;
use super::time::wait_at_most;

#[derive(Template)]
#[template(path = "refusal.html")]
struct Refusal {
    language: Language,
    title: &'static str,
    explanation: String,
    reassurance: Option<&'static str>,
    /// The page to go to, and the text of its link.
    link: (&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    /// Another request has ended or renewed the session.
    superseded: bool,
    temporary: bool,
}

/// Returns the page that explains to visitors what is wrong with their input.
pub fn refusal_page(status: StatusCode, explanation: &'static str, language: Language) -> Response {
    let texts = language.texts();
    let refusal = Refusal {
        language,
        title: texts.not_understood,
        explanation: explanation.to_owned(),
        reassurance: Some(texts.nothing_changed),
        link: ("/", texts.to_home),
    };
    with_status(status, &refusal)
}

/// Returns the page for visitors whose cart has no room for more items.
pub fn cart_is_full_page(language: Language) -> Response {
    let texts = language.texts();
    let refusal = Refusal {
        language,
        title: texts.cart_is_full,
        explanation: texts.cart_is_full_hint.to_owned(),
        reassurance: Some(texts.nothing_changed),
        link: ("/cart", texts.show_cart),
    };
    with_status(StatusCode::CONFLICT, &refusal)
}

/// Returns the page for a visitor who has to wait before they enter a password again.
pub fn too_many_guesses_page(wait: Duration, language: Language) -> Response {
    let texts = language.texts();
    let refusal = Refusal {
        language,
        title: texts.too_many_guesses,
        explanation: wait_at_most(wait, language),
        reassurance: Some(texts.too_many_guesses_hint),
        link: ("/", texts.to_home),
    };
    with_status(StatusCode::TOO_MANY_REQUESTS, &refusal)
}

/// Returns the page for an address or a method that the shop does not have.
pub fn not_found_page(status: StatusCode, language: Language) -> Response {
    let texts = language.texts();
    let refusal = Refusal {
        language,
        title: texts.not_found,
        explanation: texts.not_found_hint.to_owned(),
        reassurance: None,
        link: ("/", texts.to_home),
    };
    with_status(status, &refusal)
}

/// Returns the page for a failure of the shop.
///
/// It is in all languages: the failure may be that of the session, which has the visitor's choice.
pub fn failure_page(status: StatusCode) -> Response {
    let failure = Failure {
        superseded: status == StatusCode::CONFLICT,
        temporary: status == StatusCode::SERVICE_UNAVAILABLE,
    };
    with_status(status, &failure)
}

fn with_status(status: StatusCode, template: &impl Template) -> Response {
    match page(template) {
        Ok(page) => page.set_status(status),
        Err(_) => Response::new(status),
    }
}

/// Replaces the short texts of the libraries' error responses by pages of the shop.
#[post_process]
pub fn explain(response: Response, language: Language) -> Response {
    let (status, texts) = (response.status(), language.texts());
    let content_type = response.headers().get(CONTENT_TYPE);
    let is_page = content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    match status {
        _ if is_page => response,
        StatusCode::FORBIDDEN => refusal_page(status, texts.bad_origin, language),
        StatusCode::CONFLICT => failure_page(status),
        _ if status.is_server_error() => failure_page(status),
        _ if status.is_client_error() => refusal_page(status, texts.bad_form, language),
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_page_is_in_english_and_german() {
        for (superseded, temporary) in [(false, false), (false, true), (true, false)] {
            let failure = Failure {
                superseded,
                temporary,
            };
            let source = failure.render().unwrap_or_default();
            assert!(source.contains("Something went wrong"), "{source}");
            assert!(source.contains("schiefgegangen"), "{source}");
            assert_eq!(source.contains("nothing was saved"), superseded, "{source}");
            assert_eq!(
                source.contains("nichts gespeichert"),
                superseded,
                "{source}"
            );
        }
    }
}
