//! The steps of the section "After a breach" of SECURITY.md, in their order.

use pavex::cookie::Key;
use session::SessionRegistry;
use session::testing::{TestApp, TestBrowser};

use crate::support::*;
use crate::valid_from::{moved, present, restarted};

fn with_new_key(app: &TestApp) -> TestApp {
    let mut rekeyed = app.clone();
    rekeyed.cookies.crypto_rules[0].key = Key::generate();
    restarted(&rekeyed, |_| {})
}

async fn logged_in(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    browser
}

async fn is_logged_in(browser: &TestBrowser, app: &TestApp) -> bool {
    let session = moved(browser, app).request();
    session.principal().await.unwrap().is_some()
}

#[tokio::test]
async fn after_the_documented_steps_no_session_from_before_a_breach_is_left() {
    let spy = Spy::default();
    let breached = spy.app();
    let stolen = logged_in(&breached).await;
    assert!(is_logged_in(&stolen, &breached).await);

    // 1. Another key of the cookies, without a fallback.
    let rekeyed = with_new_key(&breached);
    assert!(!is_logged_in(&stolen, &rekeyed).await);
    // An attacker with the new key, too: the first step alone does not suffice then.
    let stolen = logged_in(&rekeyed).await;

    browser_with_session(&rekeyed).await;

    // 2. `session.state.valid_from`.
    let valid_from = present(&rekeyed);
    rekeyed.clock.advance(HOUR);
    let cut = restarted(&rekeyed, |config| {
        config.state.valid_from = Some(valid_from)
    });
    let member = logged_in(&cut).await;
    assert!(!is_logged_in(&stolen, &cut).await);
    assert!(is_logged_in(&member, &cut).await);

    // 3. The deletion, with its progress.
    let mut progress = vec![];
    let registry = SessionRegistry::new(&cut.store, &cut.policy);
    let deletion = registry.revoke_created_until(valid_from, |ended| progress.push(ended));
    let ended = deletion.await.unwrap();
    assert_eq!((ended, progress.last()), (2, Some(&2)));

    // 4. Without the setting.
    assert!(!is_logged_in(&stolen, &rekeyed).await);
    assert!(is_logged_in(&member, &rekeyed).await);
    assert_eq!(spy.inner().len(), 1);
}
