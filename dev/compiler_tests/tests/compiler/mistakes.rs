use compiler_tests::mistakes::{
    fresh_without_constructor, no_finalizer, no_kit, no_kit_but_middleware, no_pavex, no_store,
    route_before_middleware, session_by_value, session_mut_twice, session_twice, two_stores,
    two_stores_reversed,
};
use insta::assert_snapshot;

use crate::code::calls_around;
use crate::pavexc::{Outcome, compile, generate, refusal};

const VISITS: &str = "compiler_tests::routes::visits::visits";

#[test]
fn a_session_without_the_kit_is_refused() {
    assert_snapshot!(refusal(&no_kit::blueprint()));
}

#[test]
fn the_finalizer_without_the_kit_is_refused() {
    assert_snapshot!(refusal(&no_kit_but_middleware::blueprint()));
}

#[test]
fn sessions_without_the_components_of_pavex_are_refused() {
    assert_snapshot!(refusal(&no_pavex::blueprint()));
}

#[test]
fn sessions_without_a_store_are_refused() {
    assert_snapshot!(refusal(&no_store::blueprint()));
}

#[test]
fn of_two_stores_the_last_is_used_and_there_is_a_warning_for_the_first() {
    let Outcome { code, report } = compile(&two_stores::blueprint());
    let code = code.expect("pavexc only warns");
    assert!(code.contains("session_kit::cookie_only::kit::cookie_only_store("));
    assert!(!code.contains("session_memory::"));
    assert_snapshot!(report);
}

#[test]
fn of_two_stores_in_the_other_order_the_last_is_used_too() {
    let Outcome { code, report } = compile(&two_stores_reversed::blueprint());
    let code = code.expect("pavexc only warns");
    assert!(code.contains("session_memory::kit::session_store("));
    assert!(!code.contains("cookie_only"));
    assert_snapshot!(report);
}

#[test]
fn an_application_without_the_finalizer_is_accepted_and_saves_nothing() {
    let code = generate(&no_finalizer::blueprint());
    let calls = [
        "session_kit::IncomingSession::extract",
        "session_kit::Session::new",
        VISITS,
    ];
    assert_eq!(calls_around(VISITS, &code), calls);
}

#[test]
fn a_route_before_the_middleware_is_accepted_and_saves_nothing() {
    let code = generate(&route_before_middleware::blueprint());
    let calls = [
        "session_kit::IncomingSession::extract",
        "session_kit::Session::new",
        VISITS,
    ];
    assert_eq!(calls_around(VISITS, &code), calls);
}

#[test]
fn a_fresh_type_of_the_application_without_a_constructor_is_refused() {
    assert_snapshot!(refusal(&fresh_without_constructor::blueprint()));
}

#[test]
fn a_handler_that_takes_the_session_by_value_is_refused() {
    assert_snapshot!(refusal(&session_by_value::blueprint()));
}

#[test]
fn a_handler_that_reads_and_writes_the_session_through_two_arguments_makes_pavexc_panic() {
    assert_snapshot!(refusal(&session_twice::blueprint()));
}

#[test]
fn a_handler_that_writes_the_session_through_two_arguments_is_left_to_the_rust_compiler() {
    let code = generate(&session_mut_twice::blueprint());
    assert!(code.contains("session_mut_twice::twice_mut(v0, v0)"));
}
