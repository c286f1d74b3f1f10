//! The calls that the generated code makes for a request.

use std::collections::BTreeMap;

/// The crates whose components are of interest.
const PATHS: [&str; 4] = [
    "compiler_tests::",
    "session_kit::",
    "session_memory::",
    "pavex::cookie::",
];

/// Returns the functions that the route of `handler` calls, in their order, without error handlers.
///
/// # Panics
///
/// Panics if no route has that handler.
pub(crate) fn calls_around<'a>(handler: &str, code: &'a str) -> Vec<&'a str> {
    let routes = code.split("\npub mod route_").skip(1);
    let calls = routes.map(|route| {
        let mut calls = Vec::new();
        follow("entrypoint", &functions(route), &mut calls);
        calls
    });
    let mut calls = calls.filter(|calls| calls.contains(&handler));
    calls
        .next()
        .unwrap_or_else(|| panic!("no route calls {handler}:\n{code}"))
}

/// The functions of a route by name.
fn functions(route: &str) -> BTreeMap<&str, &str> {
    let functions = route.split("async fn ").skip(1);
    functions
        .filter_map(|function| {
            let end_of_name = function.find(['<', '('])?;
            Some(function.split_at(end_of_name))
        })
        .collect()
}

/// Appends what the function `name` calls, and all functions of the route that it mentions.
fn follow<'a>(name: &str, functions: &BTreeMap<&str, &'a str>, calls: &mut Vec<&'a str>) {
    let body = functions.get(name).copied().unwrap_or_default();
    for word in body.split(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':')) {
        if functions.contains_key(word) {
            follow(word, functions, calls);
        } else if is_call(word) {
            calls.push(word);
        }
    }
}

/// Is it the path of a function?
fn is_call(word: &str) -> bool {
    let name = word.rsplit("::").next().unwrap_or(word);
    PATHS.iter().any(|path| word.starts_with(path))
        && name.starts_with(|it: char| it.is_lowercase())
        && name != "into_response"
}

#[test]
fn calls_are_listed_in_their_order() {
    let code = "
pub mod route_0 {
    pub async fn entrypoint<'a>() { wrapping_0().await }
    async fn stage_1(s_0: session_kit::Session) {
        let response = handler(s_0).await;
        let response = post_processing_0(response, s_0).await;
    }
    async fn wrapping_0() {
        let v0 = session_kit::Session::new();
        Next0 { s_0: v0, next: stage_1 }
    }
    async fn post_processing_0(v0: pavex::Response, v1: session_kit::Session) {
        match session_kit::finalize_session(v0, v1) { Err(it) => session_kit::SessionError::into_response(it) }
    }
    async fn handler(v0: session_kit::Session) { compiler_tests::visits(v0).await }
}";
    let expected = [
        "session_kit::Session::new",
        "compiler_tests::visits",
        "session_kit::finalize_session",
    ];
    assert_eq!(calls_around("compiler_tests::visits", code), expected);
}
