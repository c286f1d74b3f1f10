//! Recent reads with a cookie that is to be replaced, or with several, and with values that expire.

use session::StateKey;

use super::*;
use crate::several_cookies::{request, two, with_new_key};

/// An application whose copies are used for a minute.
fn app_with_copies(spy: &Spy) -> TestApp {
    spy.app_with(|config| config.store.recent = MINUTE)
}

#[tokio::test(start_paused = true)]
async fn a_cookie_under_a_fallback_key_is_loaded_and_sent_again() {
    let spy = Spy::default();
    let before = app_with_copies(&spy);
    let browser = member(&spy, &before).await;
    let mut browser = moved(&browser, &with_new_key(&before, true));
    let session = browser.request();
    let seen = session.recent().await.unwrap();
    assert_eq!(seen.principal(), Some(&alice()));
    assert_eq!(spy.operations(), ["load"]);
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
    assert_eq!(spy.operations(), ["load"], "it confirms the cookie");
    assert_eq!(recent(&browser).await, Some(alice()));
    assert!(spy.operations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cookie_with_another_lifetime_than_the_record_is_loaded_and_sent_again() {
    let spy = Spy::default();
    let app = app_with_copies(&spy);
    let visitor = browser_with_session(&app).await;
    let (mut first, mut second) = (visitor.clone(), visitor);
    let mut parallel = second.request();
    log_in(&mut first, alice()).await.unwrap();
    let log_in = LogIn::new(alice()).remembered();
    parallel.log_in(log_in).await.unwrap();
    second.respond(parallel).await.unwrap();
    assert_eq!(recent(&second).await, Some(alice()));
    spy.operations();

    let session = first.request();
    let seen = session.recent().await.unwrap();
    assert_eq!(seen.principal(), Some(&alice()));
    assert_eq!(spy.operations(), ["load"]);
    let response = first.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
}

#[tokio::test(start_paused = true)]
async fn of_several_cookies_the_latest_one_is_read_and_after_its_end_the_next_one() {
    let spy = Spy::default();
    let app = app_with_copies(&spy);
    let [older, newer] = two(&app).await;
    recent(&older).await;
    recent(&newer).await;
    spy.operations();
    let newest = request(&app, &[&older, &newer]);
    let id = newer.request().id();
    assert_eq!(newest.recent().await.unwrap().principal(), Some(&alice()));
    assert_eq!(newest.id(), id);
    assert!(spy.operations().is_empty());

    let ended = registry(&app).revoke(&alice(), id.unwrap()).await;
    assert!(ended.unwrap());
    spy.operations();
    let rest = request(&app, &[&older, &newer]);
    assert_eq!(rest.recent().await.unwrap().principal(), Some(&alice()));
    assert_eq!(rest.id(), older.request().id());
    assert_eq!(spy.operations(), ["load", "load"]);
}

#[tokio::test(start_paused = true)]
async fn a_value_whose_own_deadline_has_passed_is_not_in_a_copy() {
    const CODE: StateKey<String> = StateKey::expiring("code", BOUND);
    let spy = Spy::default();
    let app = app_with_copies(&spy);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert(CODE, "4711").await.unwrap();
    browser.respond(session).await.unwrap();
    recent(&browser).await;
    spy.operations();
    for expected in [Some("4711"), None] {
        let session = browser.request();
        let code = session.recent().await.unwrap().get(CODE).unwrap();
        assert_eq!(code.as_deref(), expected);
        assert!(spy.operations().is_empty());
        app.clock.advance(BOUND);
    }
}
