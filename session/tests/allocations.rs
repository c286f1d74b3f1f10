//! The allocations of an untouched request. The test is a binary of its own, since it counts with a
//! global allocator.

#![allow(clippy::unwrap_used, missing_docs)]

extern crate session_kit as session;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use pavex::Response;
use pavex::http::{HeaderMap, HeaderValue, Method, Uri, Version, header::COOKIE};
use pavex::request::RequestHead;
use session::testing::TestApp;
use session::{IncomingSession, Session};

/// Runs a future that has nothing to wait for.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory store never waits"),
    }
}

#[test]
fn an_untouched_request_allocates_at_most_three_blocks() {
    let app = TestApp::new(session_memory::InMemorySessionStore::new());
    let mut browser = app.browser();
    run(async {
        let mut session = browser.request();
        session.insert("theme", "dark").await.unwrap();
        browser.respond(session).await.unwrap();
    });
    let header = format!("a=1; {}; b=2", browser.cookie().unwrap());
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::try_from(header).unwrap());
    let head = RequestHead {
        method: Method::GET,
        target: Uri::from_static("/"),
        version: Version::HTTP_11,
        headers,
    };
    let response = Response::ok();
    let allocations = allocation_counter::measure(|| {
        let incoming = IncomingSession::extract(&head, &app.policy);
        let session = Session::new(&app.store, &app.policy, incoming);
        run(session::finalize_session(response, session, &head)).unwrap();
    });
    assert!(
        (1..=3).contains(&allocations.count_total),
        "{allocations:?}"
    );
}
