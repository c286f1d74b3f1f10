use compiler_tests::working::{
    complete, cookie_only, cookies_after, cookies_before, installed, kits_by_path, nested_sessions,
    passive, principals, quick_start, readme, route_outside,
};

use crate::code::calls_around;
use crate::pavexc::generate;

const VISITS: &str = "compiler_tests::routes::visits::visits";
const HEALTH: &str = "compiler_tests::routes::health::health";

/// All that happens in a route with a session.
const A_SESSION_FROM_COOKIE_TO_COOKIE: [&str; 4] = [
    "session_kit::IncomingSession::extract",
    "session_kit::Session::new",
    VISITS,
    "session_kit::finalize_session",
];
const INJECTION: &str = "pavex::cookie::inject_response_cookies";

#[test]
fn a_session_is_finalized_after_the_handler() {
    let code = generate(&complete::blueprint());
    assert_eq!(calls_around(VISITS, &code), A_SESSION_FROM_COOKIE_TO_COOKIE);
    assert!(code.contains("session_memory::kit::session_store("));
}

#[test]
fn install_generates_the_same_server_as_the_kit_with_the_middleware() {
    assert_eq!(
        generate(&installed::blueprint()),
        generate(&complete::blueprint())
    );
}

#[test]
fn the_paths_of_the_kits_generate_the_same_server_as_their_functions() {
    assert_eq!(
        generate(&kits_by_path::blueprint()),
        generate(&complete::blueprint())
    );
}

#[test]
fn the_middleware_for_other_cookies_may_come_before_or_after() {
    let finalizer = "session_kit::finalize_session";
    for (blueprint, order) in [
        (cookies_after::blueprint(), [finalizer, INJECTION]),
        (cookies_before::blueprint(), [INJECTION, finalizer]),
    ] {
        let code = generate(&blueprint);
        let mut calls = calls_around(VISITS, &code);
        calls.retain(|call| order.contains(&&**call));
        assert_eq!(calls, order);
    }
}

#[test]
fn a_request_is_passive_by_the_signature_of_its_handler_or_by_the_middleware() {
    let code = generate(&passive::blueprint());
    let calls = calls_around("compiler_tests::routes::polling::time_left", &code);
    assert!(
        calls.contains(&"session_kit::PassiveRequest::new"),
        "{calls:?}"
    );
    let calls = calls_around(VISITS, &code);
    assert!(
        calls.contains(&"session_kit::passive_requests"),
        "{calls:?}"
    );
}

#[test]
fn a_handler_that_asks_for_a_principal_is_called_for_nobody_else() {
    let code = generate(&principals::blueprint());
    for (handler, checks) in [
        ("profile", &["session_kit::Principal::required"][..]),
        ("welcome", &["session_kit::Principal::optional"]),
        ("greeting", &["session_kit::Recent::required"]),
        ("header", &["session_kit::Recent::optional"]),
        ("devices", &["session_kit::Principal::required"]),
        (
            "password",
            &[
                "session_kit::Principal::required",
                "session_kit::Fresh::of_principal",
            ],
        ),
        (
            "email",
            &[
                "session_kit::Principal::required",
                "session_kit::Fresh::of_principal",
            ],
        ),
        (
            "close",
            &[
                "session_kit::Principal::required",
                "compiler_tests::routes::members::Member::new",
                "compiler_tests::routes::members::fresh_member",
            ],
        ),
    ] {
        let handler = format!("compiler_tests::routes::members::{handler}");
        let calls = calls_around(&handler, &code);
        let mut expected = vec![
            "session_kit::IncomingSession::extract",
            "session_kit::Session::new",
            "session_kit::cross_origin_protection",
        ];
        expected.extend(checks);
        expected.extend([&*handler, "session_kit::finalize_session"]);
        assert_eq!(calls, expected, "{handler}");
    }
}

#[test]
fn sessions_without_server_side_state_need_no_other_store() {
    let code = generate(&cookie_only::blueprint());
    assert_eq!(calls_around(VISITS, &code), A_SESSION_FROM_COOKIE_TO_COOKIE);
    assert!(code.contains("session_kit::cookie_only::kit::cookie_only_store("));
}

#[test]
fn a_route_before_the_middleware_runs_no_session_code() {
    let code = generate(&route_outside::blueprint());
    assert_eq!(calls_around(HEALTH, &code), [HEALTH]);
    assert_eq!(calls_around(VISITS, &code), A_SESSION_FROM_COOKIE_TO_COOKIE);
}

#[test]
fn a_route_beside_a_nested_blueprint_with_sessions_runs_no_session_code() {
    let code = generate(&nested_sessions::blueprint());
    assert_eq!(calls_around(HEALTH, &code), [HEALTH]);
    assert_eq!(calls_around(VISITS, &code), A_SESSION_FROM_COOKIE_TO_COOKIE);
}

#[test]
fn the_quick_start_of_the_readme_is_a_server() {
    let readme = include_str!("../../../../README.md");
    let routes = include_str!("../../src/working/quick_start/routes.rs");
    assert!(readme.contains(routes), "the README has other handlers");
    let code = generate(&quick_start::blueprint());
    for handler in ["index", "add_to_cart", "log_in", "account", "log_out"] {
        let path = format!("compiler_tests::working::quick_start::routes::{handler}");
        assert!(code.contains(&path), "{handler}");
    }
}

#[test]
fn the_other_handlers_of_the_readme_are_a_server() {
    let text = include_str!("../../../../README.md");
    for handlers in [
        include_str!("../../src/working/readme/devices.rs"),
        include_str!("../../src/working/readme/news.rs"),
    ] {
        assert!(text.contains(handlers), "the README has others");
    }
    let code = generate(&readme::blueprint());
    for handler in [
        "devices::list_devices",
        "devices::log_out_device",
        "devices::log_out_everywhere",
        "news::news",
    ] {
        let path = format!("compiler_tests::working::readme::{handler}");
        assert!(code.contains(&path), "{handler}");
    }
}
