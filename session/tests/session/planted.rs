//! Log-ins in a session that somebody else may have planted.

use session::config::{AtLimit, RecordCreation};
use session::store::StoreErrorKind;
use session::testing::{TestApp, TestBrowser};
use session::{FlashLevel, LogIn, Session, SessionError, SessionStore, StateKey};

use crate::support::*;

const CART: StateKey<Vec<u64>> = StateKey::new("cart");

/// A browser with an anonymous session of somebody else.
async fn planted(app: &TestApp) -> TestBrowser {
    let mut attacker = app.browser();
    let mut session = attacker.request();
    session.insert(CART, &vec![1]).await.unwrap();
    session.insert("address", "Elm Street 13").await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    session.client_mut().insert("discount", &100).unwrap();
    session.flash(FlashLevel::Info, "Pay here.").await.unwrap();
    attacker.respond(session).await.unwrap();
    attacker
}

/// The names of the values in the server-side state, and in the client-side state.
async fn keys(session: &Session) -> (Vec<String>, Vec<String>) {
    let server = session.entries().await.unwrap();
    let server = server.map(|(key, _)| key.to_owned()).collect();
    let client = session.client().entries().map(|(key, _)| key).collect();
    (server, client)
}

fn named(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[tokio::test]
async fn a_log_in_removes_each_value_that_it_does_not_keep() {
    for (kept, server, client) in [
        (&[][..], &[][..], &[][..]),
        (&["cart", "language"], &["cart"], &["language"]),
        (&["language", "no such key"], &[], &["language"]),
    ] {
        let spy = Spy::default();
        let app = spy.app();
        let mut browser = planted(&app).await;
        spy.operations();
        let mut session = browser.request();
        session.log_in_keeping(alice(), kept).await.unwrap();
        let expected = (named(server), named(client));
        assert_eq!(keys(&session).await, expected, "in the same request");
        assert!(session.flashes().await.unwrap().is_empty());
        browser.respond(session).await.unwrap();
        assert_eq!(spy.operations(), ["load", "replace"]);
        assert_eq!(keys(&browser.request()).await, expected);
        assert_eq!(principal(&browser).await, Some(alice()));
    }
}

#[tokio::test]
async fn a_log_in_keeps_nothing_unless_it_names_it() {
    let app = Spy::default().app();
    let mut browser = planted(&app).await;
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    assert_eq!(keys(&session).await, (vec![], vec![]));
    assert!(session.flashes().await.unwrap().is_empty());
}

#[tokio::test]
async fn values_from_before_the_log_in_of_the_same_request_go_and_later_ones_stay() {
    let app = Spy::default().app();
    let mut browser = planted(&app).await;
    let mut session = browser.request();
    session.insert("checked", &true).await.unwrap();
    session
        .update("address", |a: Option<String>| a.unwrap_or_default() + "!")
        .await
        .unwrap();
    session.client_mut().insert("checked", &true).unwrap();
    session.log_in(alice()).await.unwrap();
    session.insert("later", &true).await.unwrap();
    session.client_mut().insert("later", &true).unwrap();
    session
        .flash(FlashLevel::Success, "Welcome.")
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    let expected = (named(&["_flash", "later"]), named(&["later"]));
    assert_eq!(keys(&session).await, expected);
    assert_eq!(session.flashes().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_value_that_a_parallel_request_plants_before_the_commit_does_not_stay() {
    let app = Spy::default().app();
    let attacker = planted(&app).await;
    let mut browser = attacker.clone();
    let mut session = browser.request();
    session.log_in_keeping(alice(), [CART]).await.unwrap();
    let add = |cart: Option<Vec<u64>>| [cart.unwrap_or_default(), vec![9]].concat();
    session.update(CART, add).await.unwrap();
    session
        .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();

    let mut parallel = attacker.request();
    parallel.insert("role", "editor").await.unwrap();
    parallel.insert("n", &41).await.unwrap();
    parallel.insert(CART, &vec![1, 2]).await.unwrap();
    attacker.clone().respond(parallel).await.unwrap();

    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(keys(&session).await.0, ["cart", "n"]);
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(1));
    assert_eq!(session.get(CART).await.unwrap(), Some(vec![1, 2, 9]));
}

#[tokio::test]
async fn a_log_in_that_joins_keeps_the_values_of_the_session_that_it_joins() {
    for is_early in [true, false] {
        let app = Spy::default().app();
        let attacker = planted(&app).await;
        let [mut first, mut second] = [attacker.request(), attacker.request()];
        if is_early {
            second.log_in(alice()).await.unwrap();
        }
        first.log_in_keeping(alice(), [CART]).await.unwrap();
        first.insert("order", &7).await.unwrap();
        first.insert("n", &1).await.unwrap();
        let mut browser = attacker.clone();
        browser.respond(first).await.unwrap();

        if !is_early {
            second.log_in(alice()).await.unwrap();
        }
        second
            .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
            .await
            .unwrap();
        second.insert("second", &true).await.unwrap();
        browser.respond(second).await.unwrap();
        let session = browser.request();
        let (server, client) = keys(&session).await;
        assert_eq!(server, ["cart", "n", "order", "second"], "{is_early}");
        assert_eq!(client, [] as [&str; 0], "its cookie carried planted values");
        assert_eq!(session.get::<u32>("n").await.unwrap(), Some(2));
        assert_eq!(principal(&browser).await, Some(alice()));
    }
}

#[tokio::test]
async fn removals_after_a_log_in_are_made_in_the_session_that_it_joins() {
    for keeps_cart in [true, false] {
        for (is_cleared, left) in [(true, &[][..]), (false, &["paid"])] {
            let app = Spy::default().app();
            let mut browser = planted(&app).await;
            let [mut first, mut second] = [browser.request(), browser.request()];
            let kept = keeps_cart.then_some(CART);
            second.log_in_keeping(alice(), kept).await.unwrap();
            match is_cleared {
                true => second.clear().await.unwrap(),
                false => assert!(!second.remove("order").await.unwrap()),
            }
            first.log_in(alice()).await.unwrap();
            first.insert("order", &7).await.unwrap();
            first.insert("paid", &true).await.unwrap();
            browser.respond(first).await.unwrap();
            browser.respond(second).await.unwrap();
            let (server, _) = keys(&browser.request()).await;
            assert_eq!(server, left, "{keeps_cart}");
        }
    }
}

#[tokio::test]
async fn a_log_in_in_a_session_without_a_record_removes_the_values_of_the_cookie() {
    let app = Spy::default().app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    session.client_mut().insert("discount", &100).unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    session.log_in_keeping(alice(), ["language"]).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(
        keys(&browser.request()).await,
        (vec![], named(&["language"]))
    );
    assert_eq!(principal(&browser).await, Some(alice()));
}

#[tokio::test]
async fn a_log_in_where_sessions_are_in_the_cookie_only_is_refused_and_removes_nothing() {
    let app = TestApp::new(SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    let refused = session.log_in(alice()).await;
    let Err(SessionError::Store(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
    browser.respond(session).await.unwrap();
    assert!(browser.request().client().contains_key("language"));
}

#[tokio::test]
async fn a_log_in_that_is_refused_removes_nothing() {
    let app = Spy::default().app_with(|config| {
        config.log_in.max_sessions_per_principal = 1.try_into().ok();
        config.log_in.at_limit = AtLimit::Refuse;
    });
    log_in(&mut app.browser(), alice()).await.unwrap();
    let mut browser = planted(&app).await;
    let before = keys(&browser.request()).await;
    let too_old = LogIn::new(bob()).with_authenticated_at(app.clock.now() - 31 * DAY);
    for log_in in [LogIn::new(alice()), too_old] {
        let mut session = browser.request();
        assert!(session.log_in(log_in).await.is_err());
        browser.respond(session).await.unwrap();
        assert_eq!(keys(&browser.request()).await, before);
    }
}

#[tokio::test]
async fn a_second_log_in_of_the_same_principal_keeps_all_values() {
    let app = Spy::default().app();
    let mut browser = planted(&app).await;
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    session.insert("order", &7).await.unwrap();
    session.client_mut().insert("theme", "dark").unwrap();
    session.log_in_keeping(alice(), [CART]).await.unwrap();
    browser.respond(session).await.unwrap();
    log_in(&mut browser, alice()).await.unwrap();
    let expected = (named(&["order"]), named(&["theme"]));
    assert_eq!(keys(&browser.request()).await, expected);
}

#[tokio::test]
async fn a_log_in_of_another_principal_keeps_nothing_whatever_it_names() {
    let app = Spy::default().app();
    let mut browser = planted(&app).await;
    let mut session = browser.request();
    session.log_in_keeping(alice(), [CART]).await.unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    session
        .log_in_keeping(bob(), [CART.name(), "language"])
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(keys(&browser.request()).await, (vec![], vec![]));
    assert_eq!(principal(&browser).await, Some(bob()));
}

#[tokio::test]
async fn a_log_in_removes_the_values_of_a_write_whose_answer_was_lost() {
    for behaviour in [Behaviour::LosingAnswers, Behaviour::Down] {
        let spy = Spy::default();
        let app = spy.app();
        let mut browser = planted(&app).await;
        let mut session = browser.request();
        session.insert("lost", &1).await.unwrap();
        spy.behave(behaviour);
        assert!(session.commit().await.is_err());
        spy.behave(Behaviour::Normal);
        session.log_in(alice()).await.unwrap();
        browser.respond(session).await.unwrap();
        assert_eq!(keys(&browser.request()).await, (vec![], vec![]));
        assert_eq!(principal(&browser).await, Some(alice()));
    }
}

#[tokio::test]
async fn a_log_in_whose_answer_was_lost_removes_nothing_that_was_written_after_it() {
    for behaviour in [Behaviour::LosingAnswers, Behaviour::Down] {
        let spy = Spy::default();
        let app = spy.app();
        let mut browser = planted(&app).await;
        let mut session = browser.request();
        session.log_in(alice()).await.unwrap();
        spy.behave(behaviour);
        assert!(session.commit().await.is_err());
        spy.behave(Behaviour::Normal);
        session.insert("order", &7).await.unwrap();
        browser.respond(session).await.unwrap();
        assert_eq!(keys(&browser.request()).await, (named(&["order"]), vec![]));
        assert_eq!(principal(&browser).await, Some(alice()));
    }
}
