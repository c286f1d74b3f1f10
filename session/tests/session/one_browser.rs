//! Log-ins and renewals of one browser side by side: one browser, one session.

use pavex::Response;
use pavex::http::StatusCode;
use session::config::AtLimit;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, Principal, Session, SessionError, SessionRegistry};

use crate::support::*;

/// The numbers of log-ins that a double click and its kin send.
const PARALLEL: [usize; 3] = [2, 4, 16];

/// The moment at which a request first looks at its session.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
    /// Before any of the others is committed.
    Early,
    /// After all the others are committed.
    Late,
}

async fn answer(browser: &TestBrowser, session: Session) -> Response {
    let response = browser.respond_with(StatusCode::OK, session).await;
    response.unwrap()
}

/// A visitor with a cart.
async fn visitor(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("cart", &[1, 2]).await.unwrap();
    browser.respond(session).await.unwrap();
    browser
}

/// Sends log-ins that all carry the cookie of the browser. Returns their answers.
async fn log_ins(browser: &TestBrowser, number: usize, look: Look) -> Vec<Response> {
    let mut requests: Vec<_> = (0..number).map(|_| browser.request()).collect();
    if look == Look::Early {
        for session in &mut requests {
            session.log_in_keeping(alice(), ["cart"]).await.unwrap();
        }
    }
    let mut answers = Vec::new();
    for (n, mut session) in requests.into_iter().enumerate() {
        if look == Look::Late {
            session.log_in_keeping(alice(), ["cart"]).await.unwrap();
        }
        session.insert(format!("request {n}"), &n).await.unwrap();
        answers.push(answer(browser, session).await);
    }
    answers
}

async fn sessions_of(app: &TestApp, principal: Principal) -> usize {
    let registry = SessionRegistry::new(&app.store, &app.policy);
    registry.list(&principal).await.unwrap().len()
}

async fn owner(browser: &TestBrowser) -> Option<Principal> {
    browser.request().principal().await.unwrap()
}

#[tokio::test]
async fn parallel_log_ins_of_one_browser_leave_one_session_whatever_the_order_of_answers() {
    for number in PARALLEL {
        for look in [Look::Early, Look::Late] {
            let app = Spy::default().app();
            let browser = visitor(&app).await;
            let answers = log_ins(&browser, number, look).await;
            assert_eq!(sessions_of(&app, alice()).await, 1, "{number} {look:?}");
            for last in &answers {
                let mut browser = browser.clone();
                answers.iter().for_each(|answer| browser.receive(answer));
                browser.receive(last);
                app.clock.advance(MINUTE);
                assert_eq!(owner(&browser).await, Some(alice()));
            }
        }
    }
}

#[tokio::test]
async fn parallel_log_ins_of_one_browser_keep_the_cart_and_the_writes_of_all() {
    for look in [Look::Early, Look::Late] {
        let mut browser = visitor(&Spy::default().app()).await;
        for answer in log_ins(&browser.clone(), 16, look).await {
            browser.receive(&answer);
        }
        let session = browser.request();
        let keys = session.entries().await.unwrap().count();
        assert_eq!(keys, 17, "the cart, and one value for each log-in");
        assert!(session.contains_key("cart").await.unwrap());
    }
}

#[tokio::test]
async fn parallel_log_ins_of_one_browser_count_as_one_session_at_the_limit() {
    for at_limit in [AtLimit::EndOldest, AtLimit::Refuse] {
        for look in [Look::Early, Look::Late] {
            let app = Spy::default().app_with(|config| {
                config.log_in.max_sessions_per_principal = 1.try_into().ok();
                config.log_in.at_limit = at_limit;
            });
            let mut browser = visitor(&app).await;
            for answer in log_ins(&browser.clone(), 4, look).await {
                browser.receive(&answer);
            }
            assert_eq!(owner(&browser).await, Some(alice()));
        }
    }
}

#[tokio::test]
async fn a_request_that_was_under_way_is_accepted_at_a_limit_that_refuses() {
    let app = Spy::default().app_with(|config| {
        config.log_in.max_sessions_per_principal = 1.try_into().ok();
        config.log_in.at_limit = AtLimit::Refuse;
    });
    let mut browser = visitor(&app).await;
    let mut late = browser.request();
    late.force_load().await.unwrap();
    log_in(&mut browser, alice()).await.unwrap();
    late.log_in(alice()).await.unwrap();
    browser.respond(late).await.unwrap();
    assert_eq!(sessions_of(&app, alice()).await, 1);
    assert_eq!(owner(&browser).await, Some(alice()));
}

/// A log-in of the browser, and a request with its cookie from before.
async fn one_committed(app: &TestApp) -> (TestBrowser, TestBrowser) {
    let before = visitor(app).await;
    let mut browser = before.clone();
    let mut session = browser.request();
    session.log_in_keeping(alice(), ["cart"]).await.unwrap();
    browser.respond(session).await.unwrap();
    (browser, before)
}

#[tokio::test]
async fn a_log_in_that_joins_sees_the_state_of_the_live_session_at_once() {
    let app = Spy::default().app();
    let (browser, before) = one_committed(&app).await;
    let mut session = before.request();
    assert!(!session.contains_key("cart").await.unwrap());
    session.log_in(alice()).await.unwrap();
    assert!(session.contains_key("cart").await.unwrap());
    assert_eq!(session.id(), browser.request().id());
    before.respond_with(StatusCode::OK, session).await.unwrap();
}

/// Otherwise the error page would come with the cookie of a second session.
#[tokio::test]
async fn a_log_in_is_not_committed_if_the_session_that_it_joins_refuses_a_change() {
    let app = Spy::default().app();
    let (_, before) = one_committed(&app).await;
    let mut session = before.request();
    let add = |cart: Option<Vec<u32>>| match cart.unwrap_or_default() {
        full if full.len() == 2 => Err("the cart is full"),
        cart => Ok(Some([cart, vec![3]].concat())),
    };
    assert!(session.try_update("cart", add).await.unwrap().is_ok());
    let refused = session.log_in_keeping(alice(), ["cart"]).await;
    assert!(matches!(refused, Err(SessionError::UpdateRefused { .. })));
    assert_eq!(session.principal().await.unwrap(), None);
    let cart: Option<Vec<u32>> = session.get("cart").await.unwrap();
    assert_eq!(cart, Some(vec![3]), "nothing of the joined session is seen");
    assert_eq!(session.entries().await.unwrap().count(), 1);
    let answer = before.respond_with(StatusCode::CONFLICT, session).await;
    assert!(set_cookie(&answer.unwrap()).is_none());
    assert_eq!(sessions_of(&app, alice()).await, 1);
}

#[tokio::test]
async fn a_log_in_that_joins_at_its_commit_stays_in_that_session_if_a_change_is_refused() {
    let app = Spy::default().app();
    let before = visitor(&app).await;
    let mut session = before.request();
    session.log_in_keeping(alice(), ["cart"]).await.unwrap();
    let add = |cart: Option<Vec<u32>>| match cart.unwrap_or_default() {
        full if full.len() == 3 => Err("the cart is full"),
        cart => Ok(Some([cart, vec![3]].concat())),
    };
    assert!(session.try_update("cart", add).await.unwrap().is_ok());

    let mut browser = before.clone();
    let mut first = browser.request();
    first.log_in_keeping(alice(), ["cart"]).await.unwrap();
    first.insert("cart", &[1, 2, 9]).await.unwrap();
    browser.respond(first).await.unwrap();

    let refused = session.commit().await;
    assert!(matches!(refused, Err(SessionError::UpdateRefused { .. })));
    browser.respond(session).await.unwrap();
    assert_eq!(sessions_of(&app, alice()).await, 1);
    let cart: Option<Vec<u32>> = browser.request().get("cart").await.unwrap();
    assert_eq!(cart, Some(vec![1, 2, 9]));
}

/// The values that the log-in has removed may have been planted.
#[tokio::test]
async fn a_log_in_that_cannot_join_at_its_commit_leaves_the_request_as_it_was() {
    let app = Spy::default().app_with(|config| config.state.max_size = 60);
    let before = visitor(&app).await;
    let mut session = before.request();
    session.log_in(alice()).await.unwrap();
    session.insert("b", &"x".repeat(30)).await.unwrap();

    let mut browser = before.clone();
    let mut first = browser.request();
    first.log_in(alice()).await.unwrap();
    first.insert("a", &"x".repeat(30)).await.unwrap();
    browser.respond(first).await.unwrap();

    for _ in 0..2 {
        let failed = session.commit().await;
        assert!(matches!(failed, Err(SessionError::StateTooLarge { .. })));
        assert!(!session.contains_key("cart").await.unwrap());
        assert!(!session.contains_key("a").await.unwrap());
    }
    assert!(before.respond_with(StatusCode::OK, session).await.is_err());
    assert_eq!(sessions_of(&app, alice()).await, 1);
}

#[tokio::test]
async fn a_log_in_that_joins_costs_what_another_log_in_does() {
    let spy = Spy::default();
    let (_, before) = one_committed(&spy.app()).await;
    spy.operations();
    let mut session = before.request();
    session.log_in(alice()).await.unwrap();
    answer(&before, session).await;
    assert_eq!(spy.operations(), ["load", "replace"]);
}

#[tokio::test]
async fn the_cookie_from_before_a_log_in_grants_no_access_without_a_log_in() {
    let app = Spy::default().app();
    let (browser, before) = one_committed(&app).await;
    let mut session = before.request();
    assert_eq!(session.principal().await.unwrap(), None);
    assert!(session.is_empty().await.unwrap());
    session.insert("planted", &1).await.unwrap();
    session.renew();
    let response = answer(&before, session).await;
    assert_eq!(set_cookie(&response), None);
    assert!(!browser.request().contains_key("planted").await.unwrap());

    let mut session = before.request();
    session.log_out();
    let refused = before.respond_with(StatusCode::OK, session).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
    assert_eq!(owner(&browser).await, Some(alice()));
}

#[tokio::test]
async fn a_log_in_that_a_server_error_discards_joins_nothing() {
    let app = Spy::default().app();
    let (browser, before) = one_committed(&app).await;
    let mut session = before.request();
    session.log_in(alice()).await.unwrap();
    session.insert("dropped", &1).await.unwrap();
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let response = before.respond_with(status, session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(!browser.request().contains_key("dropped").await.unwrap());
}

/// Logs in with the cookie from before, and requires a session of its own.
async fn starts_its_own_session(app: &TestApp, late: impl Into<LogIn>) {
    let (browser, mut before) = one_committed(app).await;
    let late = late.into();
    let principal = late.principal().clone();
    let mut session = before.request();
    session.log_in(late).await.unwrap();
    before.respond(session).await.unwrap();
    assert_eq!(owner(&before).await, Some(principal));
    assert_ne!(before.request().id(), browser.request().id());
    assert!(!before.request().contains_key("cart").await.unwrap());
    assert_eq!(owner(&browser).await, Some(alice()));
}

#[tokio::test]
async fn a_log_in_of_another_principal_joins_nothing() {
    starts_its_own_session(&Spy::default().app(), bob()).await;
}

/// It may have verified a password that has been changed since.
#[tokio::test]
async fn a_log_in_with_another_stamp_joins_nothing() {
    let late = LogIn::new(alice()).with_stamp(b"another password");
    starts_its_own_session(&Spy::default().app(), late).await;
}

/// The password is changed in the same request, and the one before it may be known to others.
#[tokio::test]
async fn a_second_log_in_with_another_stamp_replaces_the_secret_of_the_session_that_it_joined() {
    let app = Spy::default().app();
    let before = visitor(&app).await;
    let mut first = before.clone();
    let old = LogIn::new(alice()).with_stamp(b"old");
    let mut session = first.request();
    session.log_in_keeping(old.clone(), ["cart"]).await.unwrap();
    first.respond(session).await.unwrap();
    let mut second = before.clone();
    let mut session = second.request();
    session.log_in(old).await.unwrap();
    session.insert("written", &1).await.unwrap();
    let new = LogIn::new(alice()).with_stamp(b"new");
    session.log_in(new).await.unwrap();
    second.respond(session).await.unwrap();

    assert_eq!(owner(&first).await, None);
    assert_eq!(owner(&second).await, Some(alice()));
    assert_eq!(second.request().id(), first.request().id());
    assert!(second.request().contains_key("cart").await.unwrap());
    assert!(second.request().contains_key("written").await.unwrap());
    assert_eq!(sessions_of(&app, alice()).await, 1);
}

#[tokio::test]
async fn a_log_in_after_the_grace_period_starts_its_own_session() {
    let app = Spy::default().app();
    let (browser, mut before) = one_committed(&app).await;
    app.clock.advance(MINUTE);
    log_in(&mut before, alice()).await.unwrap();
    assert_eq!(owner(&before).await, Some(alice()));
    assert_ne!(before.request().id(), browser.request().id());
    assert!(!before.request().contains_key("cart").await.unwrap());
}

#[tokio::test]
async fn a_log_in_joins_no_session_that_has_ended_meanwhile() {
    let app = Spy::default().app();
    let (mut browser, before) = one_committed(&app).await;
    let mut session = before.request();
    session.log_in(alice()).await.unwrap();
    let mut log_out = browser.request();
    log_out.log_out();
    browser.respond(log_out).await.unwrap();
    let mut after = before.clone();
    after.respond(session).await.unwrap();
    assert_eq!(owner(&after).await, Some(alice()));
    assert!(!after.request().contains_key("cart").await.unwrap());
}

#[tokio::test]
async fn a_log_in_that_joins_keeps_the_later_proof_of_identity() {
    let app = Spy::default().app();
    let (browser, mut before) = one_committed(&app).await;
    let proof = app.clock.now();
    let mut session = before.request();
    let an_hour_ago = LogIn::new(alice()).with_authenticated_at(proof - HOUR);
    session.log_in(an_hour_ago).await.unwrap();
    before.respond(session).await.unwrap();
    assert_eq!(before.request().id(), browser.request().id());
    let kept = browser.request().authenticated_at().await.unwrap();
    assert_eq!(kept, Some(proof));
}

#[tokio::test]
async fn parallel_reauthentications_leave_one_session_and_a_valid_cookie() {
    for number in PARALLEL {
        for look in [Look::Early, Look::Late] {
            let app = Spy::default().app();
            let (browser, _) = one_committed(&app).await;
            let answers = log_ins(&browser, number, look).await;
            assert_eq!(sessions_of(&app, alice()).await, 1);
            for answer in &answers {
                let mut browser = browser.clone();
                browser.receive(answer);
                assert_eq!(owner(&browser).await, Some(alice()));
            }
        }
    }
}

/// Both log-ins carry the secret that a renewal on a timer has just replaced.
#[tokio::test]
async fn log_ins_with_the_secret_from_before_a_timed_renewal_leave_one_session() {
    let app = Spy::default().app_with(|config| config.state.renew_every = Some(HOUR));
    let browser = visitor(&app).await;
    app.clock.advance(HOUR);
    let reader = browser.request();
    reader.force_load().await.unwrap();
    answer(&browser, reader).await;
    for answer in log_ins(&browser, 4, Look::Late).await {
        let mut browser = browser.clone();
        browser.receive(&answer);
        assert_eq!(owner(&browser).await, Some(alice()));
    }
    assert_eq!(sessions_of(&app, alice()).await, 1);
}
