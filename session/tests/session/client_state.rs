//! The state in the cookie.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use pavex::cookie::Key;
use pavex::cookie::config::{CryptoAlgorithm, FallbackConfig};
use session::config::{ClientSide, RecordCreation};
use session::testing::{TestApp, set_cookie};
use session::{SessionError, StateKey};

use crate::support::*;

const LANGUAGE: StateKey<String> = StateKey::new("language");

#[tokio::test]
async fn client_side_state_alone_makes_a_session_that_can_be_revoked() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    session.commit().await.unwrap();
    let id = session.id().unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["create", "load"]);

    app.store.backend().unwrap().delete(id, None).await.unwrap();
    let session = browser.request();
    assert_eq!(
        session.client().get(LANGUAGE).unwrap().as_deref(),
        Some("de"),
        "trusted unloaded"
    );
    session.force_load().await.unwrap();
    assert_eq!(
        session.client().get(LANGUAGE).unwrap(),
        None,
        "strict once loaded"
    );
    assert!(session.client().is_empty());
}

#[tokio::test]
async fn client_side_state_without_a_record_costs_no_store_operation() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(
        session.client().get(LANGUAGE).unwrap().as_deref(),
        Some("de")
    );
    assert!(session.is_empty().await.unwrap());
    browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty());

    let mut session = browser.request();
    let recordless = session.id();
    session.insert("cart", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["create"]);
    let session = browser.request();
    assert_ne!(
        session.id(),
        recordless,
        "a record never takes over an id that came from outside"
    );
    assert_eq!(
        session.client().get(LANGUAGE).unwrap().as_deref(),
        Some("de")
    );
    assert!(session.contains_key("cart").await.unwrap());
}

#[tokio::test]
async fn a_session_without_a_record_ends_at_the_deadline_in_its_cookie() {
    let app = Spy::default().app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(DAY);
    let session = browser.request();
    assert_eq!(session.client().get(LANGUAGE).unwrap(), None);
    assert_eq!(session.id(), None);
}

#[tokio::test]
async fn an_equal_client_side_value_and_an_absent_key_send_no_cookie() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    assert!(!session.client_mut().remove("absent"));
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_none());

    let mut session = browser.request();
    assert!(session.client_mut().remove(LANGUAGE));
    browser.respond(session).await.unwrap();
    assert!(browser.request().client().is_empty());
}

#[tokio::test]
async fn a_cookie_that_browsers_would_drop_is_refused_at_the_call_and_nothing_is_lost() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(LANGUAGE, "de").unwrap();
    let refused = session
        .client_mut()
        .insert("big", &"x".repeat(4096))
        .unwrap_err();
    let SessionError::ClientStateTooLarge { size, limit } = refused else {
        panic!("{refused}");
    };
    assert!(size > limit && size == r#"{"big":"","language":"de"}"#.len() + 4096);
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
    assert_eq!(
        browser.request().client().get(LANGUAGE).unwrap().as_deref(),
        Some("de")
    );
    assert_eq!(spy.operations(), ["create"]);
}

#[tokio::test]
async fn the_largest_cookie_that_is_accepted_has_exactly_the_size_that_browsers_accept() {
    let app = Spy::default().app_with(|config| config.cookie.max_header_size = 8192);
    let browser = app.browser();
    let mut largest = 0;
    for len in 2_800..3_100 {
        let mut session = browser.request();
        if session.client_mut().insert("big", &"x".repeat(len)).is_ok() {
            let response = browser
                .respond_with(pavex::http::StatusCode::OK, session)
                .await
                .unwrap();
            let pair = set_cookie(&response).unwrap().split("; ").next().unwrap();
            largest = pair.len() - 1;
            assert!(largest <= 4096, "name and value have {largest} bytes");
        }
    }
    assert!(largest > 4_090, "the limit is used: {largest}");
}

#[tokio::test]
async fn client_side_state_of_the_largest_size_is_sent_and_read_again() {
    const BIG: StateKey<String> = StateKey::new("big");
    for name_len in [1, 14, 128] {
        for max_header_size in [3_072, 8_192] {
            let app = Spy::default().app_with(|config| {
                config.cookie.name = "n".repeat(name_len);
                config.cookie.max_header_size = max_header_size;
            });
            let mut browser = app.browser();
            let mut session = browser.request();
            let beyond = session.client_mut().insert(BIG, &*"x".repeat(9_000));
            let Err(SessionError::ClientStateTooLarge { limit, .. }) = beyond else {
                panic!("9,000 bytes are too large: {beyond:?}");
            };
            let largest = "x".repeat(limit - r#"{"big":""}"#.len());
            let larger = format!("{largest}x");
            assert!(session.client_mut().insert(BIG, &larger).is_err());
            session.client_mut().insert(BIG, &largest).unwrap();
            browser.respond(session).await.unwrap();
            let session = browser.request();
            assert_eq!(session.client().get(BIG).unwrap(), Some(largest));
        }
    }
}

#[tokio::test]
async fn client_side_state_above_a_lowered_limit_is_kept_and_may_become_smaller() {
    for record in [RecordCreation::Always, RecordCreation::IfServerSide] {
        let mut config = session::SessionConfig::default();
        config.state.record = record;
        let app = TestApp::with_config(Spy::default(), &config).unwrap();
        let mut browser = app.browser();
        let mut session = browser.request();
        let client = &mut session.client_mut();
        client.insert("big", &"x".repeat(1_000)).unwrap();
        client.insert("n", &1).unwrap();
        let response = browser.respond(session).await.unwrap();
        config.cookie.max_header_size = 500;
        let mut browser = restarted(&app, &config).browser();
        browser.receive(&response);

        let mut session = browser.request();
        session.renew();
        let response = browser.respond(session).await.unwrap();
        assert!(set_cookie(&response).unwrap().len() > 1_000, "{record:?}");

        let mut session = browser.request();
        let grown = session.client_mut().insert("n", &10).unwrap_err();
        assert!(matches!(grown, SessionError::ClientStateTooLarge { .. }));
        session.client_mut().insert("n", &2).unwrap();
        session
            .client_mut()
            .insert("big", &"x".repeat(900))
            .unwrap();
        browser.respond(session).await.unwrap();
        let n = browser.request().client().get("n").unwrap();
        assert_eq!(n, Some(2), "{record:?}");
    }
}

#[tokio::test]
async fn a_write_to_client_side_state_is_an_error_if_that_is_denied() {
    let app = Spy::default().app_with(|config| config.state.client_side = ClientSide::Deny);
    let mut session = app.browser().request();
    let refused = session.client_mut().insert(LANGUAGE, "de").unwrap_err();
    assert!(matches!(refused, SessionError::ClientStateDenied));
}

#[tokio::test]
async fn client_side_state_from_before_it_was_denied_is_dropped_and_not_sent_under_a_signing_key() {
    for record in [RecordCreation::Always, RecordCreation::IfServerSide] {
        let mut config = session::SessionConfig::default();
        config.state.record = record;
        let mut app = TestApp::with_config(Spy::default(), &config).unwrap();
        let mut browser = app.browser();
        let mut session = browser.request();
        session.client_mut().insert(LANGUAGE, "de").unwrap();
        browser.respond(session).await.unwrap();

        let rule = &mut app.cookies.crypto_rules[0];
        let old = std::mem::replace(&mut rule.key, Key::generate());
        rule.algorithm = CryptoAlgorithm::Signing;
        rule.fallbacks.push(FallbackConfig {
            key: old,
            algorithm: CryptoAlgorithm::Encryption,
        });
        config.state.client_side = ClientSide::Deny;
        let mut session = restarted(&app, &config).session(&head_with(browser.cookie().unwrap()));
        assert!(session.client().is_empty());
        session.renew();
        let response = browser.respond(session).await.unwrap();
        let (protection, content) = readable(&response);
        assert_eq!(protection, 's', "{record:?}");
        assert!(!content.contains("language"), "{record:?}: {content}");
    }
}

/// The cookie without it is signed, since it hides nothing.
#[tokio::test]
async fn client_side_state_is_encrypted_as_long_as_there_is_any() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut protections = String::new();
    for change in ["insert", "renew", "remove"] {
        let mut session = browser.request();
        match change {
            "insert" => session.client_mut().insert(LANGUAGE, "de").unwrap(),
            "renew" => session.renew(),
            _ => assert!(session.client_mut().remove(LANGUAGE)),
        }
        let (protection, content) = readable(&browser.respond(session).await.unwrap());
        protections.push(protection);
        assert!(!content.contains("language"), "{change}: {content}");
    }
    assert_eq!(protections, "ees");
}

/// Returns the letter of the session cookie, and what everybody can read of its content.
fn readable(response: &pavex::Response) -> (char, String) {
    let value = set_cookie(response).unwrap().split(['=', ';']).nth(1);
    let (letter, value) = value.unwrap().split_at(1);
    let content = BASE64_URL_SAFE_NO_PAD.decode(value).unwrap();
    let letter = letter.chars().next().unwrap();
    (letter, String::from_utf8_lossy(&content).into_owned())
}

#[tokio::test]
async fn a_change_of_client_side_state_cannot_bring_back_an_ended_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.client_mut().insert("user", "old").unwrap();
    browser.respond(session).await.unwrap();
    let id = browser.request().id().unwrap();

    let mut slow = browser.request();
    slow.client_mut().insert(LANGUAGE, "de").unwrap();
    app.store.backend().unwrap().delete(id, None).await.unwrap();
    browser.respond(slow).await.unwrap();
    let session = browser.request();
    assert_ne!(session.id(), Some(id));
    assert_eq!(session.client().get::<String>("user").unwrap(), None);
    assert_eq!(
        session.client().get(LANGUAGE).unwrap().as_deref(),
        Some("de")
    );
}

/// The three send the same bytes: a client that goes back, a browser that missed an answer, and a
/// request that was under way. ARCHITECTURE.md explains why they are not told apart.
#[tokio::test]
async fn an_older_cookie_brings_client_side_values_back_and_server_side_values_not() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.client_mut().insert("voucher", "new").unwrap();
    session.insert("voucher", "new").await.unwrap();
    browser.respond(session).await.unwrap();
    let mut older = browser.clone();
    let mut session = browser.request();
    session.client_mut().insert("voucher", "used").unwrap();
    session.insert("voucher", "used").await.unwrap();
    browser.respond(session).await.unwrap();

    spy.operations();
    let session = older.request();
    session.force_load().await.unwrap();
    let client: Option<String> = session.client().get("voucher").unwrap();
    assert_eq!(client.as_deref(), Some("new"));
    let server: Option<String> = session.get("voucher").await.unwrap();
    assert_eq!(server.as_deref(), Some("used"));
    older.respond(session).await.unwrap();
    // A check of client-side values would cost the same.
    assert_eq!(spy.operations(), ["load"]);
}
