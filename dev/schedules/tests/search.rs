//! The search in the size that fits into each run of the tests.

use schedules::{Action, Arrival, BrowserScript, Script, exhaust, search};

#[test]
fn ten_thousand_random_runs_break_no_promise() {
    if let Err(failure) = search(10_000, 1) {
        panic!("{failure}");
    }
}

/// Two requests of one browser, with one action each, in all orders.
fn pair(arrival: Arrival, actions: [Action; 2]) -> Script {
    Script::calm(vec![BrowserScript {
        arrival,
        requests: actions.map(|action| vec![action]).to_vec(),
    }])
}

#[test]
fn no_order_of_two_requests_breaks_a_promise() {
    const ACTIONS: [Action; 4] = [
        Action::WriteClient,
        Action::LogIn,
        Action::LogOut,
        Action::Renew,
    ];
    let mut orders = 0;
    for (n, first) in ACTIONS.into_iter().enumerate() {
        for second in ACTIONS.into_iter().skip(n) {
            let script = pair(Arrival::Member, [first, second]);
            match exhaust(&script) {
                Ok(of_pair) => orders += of_pair,
                Err(violation) => panic!("{script:?}\n{violation}"),
            }
        }
    }
    assert!(orders > 5_000, "only {orders} orders were tried");
}
