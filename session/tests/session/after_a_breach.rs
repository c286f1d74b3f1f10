//! The steps of the section "After a breach" of SECURITY.md, in their order.

use pavex::cookie::Key;
use session::testing::{TestApp, TestBrowser};
use session::{LogIn, SessionRegistry};

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

/// The reason why step 4 waits for the longest absolute timeout if step 3 was left out.
#[tokio::test]
async fn without_the_deletion_a_remembered_session_is_accepted_until_its_own_absolute_timeout() {
    let app = restarted(&Spy::default().app(), |config| {
        config.log_in.remembered.idle_timeout = Some(60 * DAY);
        config.log_in.remembered.absolute_timeout = Some(60 * DAY);
    });
    let mut stolen = app.browser();
    let mut session = stolen.request();
    let log_in = LogIn::new(alice()).remembered();
    session.log_in(log_in).await.unwrap();
    stolen.respond(session).await.unwrap();
    app.clock
        .advance(app.policy.config().state.absolute_timeout);
    assert!(is_logged_in(&stolen, &app).await);
    app.clock.advance(30 * DAY);
    assert!(!is_logged_in(&stolen, &app).await);
}
