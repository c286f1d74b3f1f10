//! The allocations of one request. The test is a binary of its own, since it counts with a
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
use session::{CheckedSessionStore, IncomingSession, Session, StateKey};

const NUMBER: StateKey<u64> = StateKey::new("number");

/// Runs a future that has nothing to wait for.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory store never waits"),
    }
}

#[derive(Clone, Copy)]
enum Work {
    Nothing,
    NothingWithClientState,
    Read,
    Write,
}

/// Returns the number of blocks that the session work of one request allocates.
///
/// The browser has a session with one value, unless it `is_new`.
fn allocations(work: Work, is_new: bool) -> u64 {
    let app = TestApp::new(session_memory::InMemorySessionStore::new());
    let mut browser = app.browser();
    // Two sessions may share a part of the store, which a second one does not allocate.
    if !is_new {
        run(async {
            let mut session = browser.request();
            session.insert(NUMBER, &0).await.unwrap();
            if let Work::NothingWithClientState = work {
                session.client_mut().insert(NUMBER, &0).unwrap();
            }
            browser.respond(session).await.unwrap();
        });
    }
    let head = head(&format!("a=1; {}; b=2", browser.cookie().unwrap_or("c=3")));
    let response = Response::ok();
    // As Pavex does it when the server starts.
    let store = run(CheckedSessionStore::new(&app.store, &app.policy)).unwrap();
    let counted = allocation_counter::measure(|| {
        let incoming = IncomingSession::extract(&head, &app.policy);
        let mut session = Session::new(&store, &app.policy, incoming);
        run(async {
            match work {
                Work::Nothing | Work::NothingWithClientState => {}
                Work::Read => _ = session.get(NUMBER).await.unwrap(),
                Work::Write => session.insert(NUMBER, &1).await.unwrap(),
            }
            session::finalize_session(response, session, &head).await
        })
        .unwrap();
    });
    counted.count_total
}

fn head(cookies: &str) -> RequestHead {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::try_from(cookies).unwrap());
    RequestHead {
        method: Method::GET,
        target: Uri::from_static("/"),
        version: Version::HTTP_11,
        headers,
    }
}

/// The numbers that ARCHITECTURE.md states.
#[test]
fn a_request_allocates_as_many_blocks_as_documented() {
    // The random numbers of a thread are fetched before.
    _ = allocations(Work::Write, true);
    // Each operation of the store and each event are counted by their names.
    let [read, write, new] = match cfg!(feature = "metrics") {
        true => [7, 15, 14],
        false => [6, 13, 13],
    };
    assert_eq!(allocations(Work::Nothing, false), 1);
    assert_eq!(allocations(Work::NothingWithClientState, false), 2);
    assert_eq!(allocations(Work::Nothing, true), 1);
    assert_eq!(allocations(Work::Read, false), read);
    assert_eq!(allocations(Work::Write, false), write);
    assert_eq!(allocations(Work::Write, true), new);
}
