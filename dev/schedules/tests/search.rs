//! The search in the size that fits into each run of the tests.

use std::sync::Arc;
use std::time::Duration;

use schedules::{Action, Arrival, BrowserScript, Events, Script, Size, exhaust, search, search_on};
use session_memory::InMemorySessionStore;

#[test]
fn ten_thousand_random_runs_break_no_promise() {
    if let Err(failure) = search(10_000, 1) {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn a_hundred_runs_by_the_real_clock_break_no_promise_and_leave_the_store_empty() {
    let store = InMemorySessionStore::new();
    if let Err(failure) = search_on(Arc::new(store.clone()), 100, 1).await {
        panic!("{failure}");
    }
    assert!(store.is_empty());
}

/// Goes through all orders of the scripts. Returns their number.
fn all_orders(scripts: impl IntoIterator<Item = Script>) -> Size {
    let mut size = Size::default();
    for script in scripts {
        match exhaust(&script) {
            Ok(of_script) => size += of_script,
            Err(violation) => panic!("{script:?}\n{violation}"),
        }
    }
    size
}

/// One browser, whose requests have one action each.
fn requests(arrival: Arrival, actions: &[Action]) -> Script {
    Script::calm(vec![BrowserScript {
        arrival,
        requests: actions.iter().map(|action| vec![*action]).collect(),
    }])
}

/// Two requests of one browser, with each pair of actions.
fn pairs(arrival: Arrival) -> impl Iterator<Item = Script> {
    let actions = Action::ALL.into_iter().enumerate();
    actions.flat_map(move |(n, first)| {
        let others = Action::ALL.into_iter().skip(n);
        others.map(move |second| requests(arrival, &[first, second]))
    })
}

// The sizes are exact: a search that has become smaller must not pass unseen.

#[test]
fn no_order_of_two_requests_of_a_member_breaks_a_promise() {
    let size = all_orders(pairs(Arrival::Member));
    assert_eq!((size.orders, size.states), (25_329, 79_545));
}

#[test]
fn no_order_of_two_requests_of_a_visitor_breaks_a_promise() {
    let size = all_orders(pairs(Arrival::Visitor));
    assert_eq!((size.orders, size.states), (13_523, 40_223));
}

/// One request of each of two browsers in which the principal is logged in.
fn two_browsers() -> impl Iterator<Item = Script> {
    pairs(Arrival::Member).map(|mut script| {
        let requests = script.browsers.remove(0).requests;
        let browsers = requests.into_iter().map(|request| BrowserScript {
            arrival: Arrival::Member,
            requests: vec![request],
        });
        Script::calm(browsers.collect())
    })
}

#[test]
fn no_order_of_requests_of_two_browsers_breaks_a_promise() {
    let size = all_orders(two_browsers());
    assert_eq!((size.orders, size.states), (46_844, 128_927));
}

/// Two requests of a member that may end the session or replace its secret, and one fault.
fn with_a_fault() -> impl Iterator<Item = Script> {
    const ACTIONS: [Action; 3] = [Action::LogIn, Action::LogOut, Action::Renew];
    let pairs = pairs(Arrival::Member).map(|mut script| {
        script.events.faults = 1;
        script
    });
    let known = |script: &Script| {
        script.browsers[0]
            .requests
            .iter()
            .flatten()
            .all(|it| ACTIONS.contains(it))
    };
    pairs.filter(known)
}

#[test]
fn no_order_of_two_requests_and_a_fault_breaks_a_promise() {
    let size = all_orders(with_a_fault());
    assert_eq!((size.orders, size.states), (79_091, 143_531));
}

/// One request of a member beside each of the events that no browser causes.
fn disturbed() -> impl Iterator<Item = Script> {
    let events = [
        |events: &mut Events| events.revocations = 1,
        |events: &mut Events| events.purges = 1,
        |events: &mut Events| events.restarts = 1,
        |events: &mut Events| events.password_changes = 1,
        |events: &mut Events| events.damages = 1,
        |events: &mut Events| events.faults = 1,
        |events: &mut Events| events.clock_steps = 1,
    ];
    Action::ALL.into_iter().flat_map(move |action| {
        events.into_iter().map(move |add| {
            let mut script = requests(Arrival::Member, &[action]);
            script.settings.renew_every = Some(Duration::from_secs(60 * 60));
            add(&mut script.events);
            script
        })
    })
}

#[test]
fn no_order_of_a_request_and_another_event_breaks_a_promise() {
    let size = all_orders(disturbed());
    assert_eq!((size.orders, size.states), (831, 2_835));
}

/// One request of a member who is logged in twice, while the sessions end one after the other.
fn with_an_end_in_two_steps() -> impl Iterator<Item = Script> {
    Action::ALL.into_iter().map(|action| {
        let mut script = requests(Arrival::MemberTwice, &[action]);
        script.events.purges = 1;
        script
    })
}

#[test]
fn no_order_of_a_request_and_the_steps_of_an_end_of_all_sessions_breaks_a_promise() {
    let size = all_orders(with_an_end_in_two_steps());
    assert_eq!((size.orders, size.states), (741, 2_512));
}
