//! The renewal of the secret on a timer, and old secrets that are presented later.

use std::time::Duration;

use pavex::Response;
use pavex::http::StatusCode;
use session::LogIn;
use session::config::TokenReuse;
use session::store::SessionStorageBackend;
use session::testing::{ManualClock, TestApp, TestBrowser, set_cookie};

use crate::support::*;

fn renewing(spy: &Spy) -> TestApp {
    spy.app_with(|config| config.state.renew_every = Some(HOUR))
}

#[tokio::test]
async fn a_session_in_use_gets_a_new_secret_in_time() {
    let spy = Spy::default();
    let app = renewing(&spy);
    let mut browser = browser_with_session(&app).await;
    let before = browser.cookie().unwrap().to_owned();
    app.clock.advance(HOUR - MINUTE);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), Some(&*before));

    app.clock.advance(MINUTE);
    spy.operations();
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert_ne!(browser.cookie(), Some(&*before));
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn parallel_requests_with_the_previous_secret_go_on_and_get_the_new_one() {
    let spy = Spy::default();
    let app = renewing(&spy);
    let browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let renewal = browser.request();
    renewal.force_load().await.unwrap();
    let mut writer = browser.request();
    writer.insert("a", &1).await.unwrap();

    let mut winner = browser.clone();
    winner.respond(renewal).await.unwrap();
    let mut parallel = browser.clone();
    parallel.respond(writer).await.unwrap();
    let mut late = browser.clone();
    app.clock.advance(std::time::Duration::from_secs(20));
    let mut session = late.request();
    session.client_mut().insert("language", "de").unwrap();
    late.respond(session).await.unwrap();

    app.clock.advance(MINUTE);
    for survivor in [winner, parallel, late] {
        let session = survivor.request();
        assert!(session.contains_key("theme").await.unwrap());
        assert!(session.contains_key("a").await.unwrap());
    }
}

#[tokio::test]
async fn after_the_grace_period_the_previous_secret_is_dead() {
    for (reuse, alive) in [(TokenReuse::Reject, true), (TokenReuse::Revoke, false)] {
        let app = Spy::default().app_with(|config| {
            config.state.renew_every = Some(HOUR);
            config.state.on_token_reuse = reuse;
        });
        let mut browser = browser_with_session(&app).await;
        let thief = browser.clone();
        app.clock.advance(HOUR);
        let session = browser.request();
        session.force_load().await.unwrap();
        browser.respond(session).await.unwrap();

        app.clock.advance(std::time::Duration::from_secs(31));
        assert!(thief.request().is_empty().await.unwrap());
        let session = browser.request();
        assert_eq!(
            session.contains_key("theme").await.unwrap(),
            alive,
            "{reuse:?}"
        );
    }
}

/// The log-in itself made the old secret worthless. Its use does not mean that the present secret
/// has leaked.
#[tokio::test]
async fn a_cookie_from_before_the_last_log_in_does_not_end_the_session() {
    let app = Spy::default().app_with(|config| {
        config.state.on_token_reuse = TokenReuse::Revoke;
    });
    let elsewhere = || LogIn::new(alice()).with_authenticated_at(app.clock.now() - HOUR);
    for first in [LogIn::new(alice()), elsewhere()] {
        let mut browser = browser_with_session(&app).await;
        let planted = browser.clone();
        app.clock.advance(MINUTE);
        for log_in in [first, LogIn::new(alice())] {
            let under_way = browser.request();
            let mut session = browser.request();
            session.log_in(log_in).await.unwrap();
            browser.respond(session).await.unwrap();
            app.clock.advance(MINUTE);
            assert_eq!(under_way.principal().await.unwrap(), None);
            assert_eq!(planted.request().principal().await.unwrap(), None);
            let owner = browser.request().principal().await.unwrap();
            assert_eq!(owner, Some(alice()));
        }
    }
}

#[tokio::test]
async fn a_secret_that_was_renewed_since_the_last_log_in_ends_the_session() {
    let app = Spy::default().app_with(|config| {
        config.state.renew_every = Some(HOUR);
        config.state.on_token_reuse = TokenReuse::Revoke;
    });
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut thief = browser.clone();
    for _ in 0..2 {
        thief = browser.clone();
        app.clock.advance(HOUR);
        let session = browser.request();
        session.force_load().await.unwrap();
        browser.respond(session).await.unwrap();
    }
    app.clock.advance(MINUTE);
    assert_eq!(thief.request().principal().await.unwrap(), None);
    assert_eq!(browser.request().principal().await.unwrap(), None);
}

#[tokio::test]
async fn a_lost_response_does_not_end_the_session_within_the_grace_period() {
    let app = renewing(&Spy::default());
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let session = browser.request();
    session.force_load().await.unwrap();
    let lost = browser
        .respond_with(pavex::http::StatusCode::OK, session)
        .await
        .unwrap();
    assert!(set_cookie(&lost).is_some());

    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(10 * MINUTE);
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn the_deadline_of_a_renewed_session_is_that_of_its_cookie() {
    let app = renewing(&Spy::default());
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    for _ in 0..30 {
        app.clock.advance(HOUR);
        let session = browser.request();
        session.force_load().await.unwrap();
        browser.respond(session).await.unwrap();
        let record = app
            .store
            .backend()
            .unwrap()
            .load(id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(browser.request().expires_at(), Some(record.expires_at));
    }
}

#[tokio::test]
async fn an_explicit_renewal_leaves_no_grace_even_in_the_grace_period() {
    let app = renewing(&Spy::default());
    let mut browser = browser_with_session(&app).await;
    let planted = browser.clone();
    app.clock.advance(HOUR);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    let mut login = browser.request();
    login.insert("user_id", &7).await.unwrap();
    login.renew();
    browser.respond(login).await.unwrap();
    assert!(planted.request().is_empty().await.unwrap());
    assert!(browser.request().contains_key("user_id").await.unwrap());
}

#[tokio::test]
async fn the_previous_secret_leaves_the_record_at_the_next_write_after_the_grace_period() {
    let spy = Spy::default();
    let app = renewing(&spy);
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    for (wait, is_kept) in [(HOUR, true), (MINUTE, false)] {
        app.clock.advance(wait);
        let mut session = browser.request();
        session.insert("n", &is_kept).await.unwrap();
        browser.respond(session).await.unwrap();
        let record = spy.inner().load(id).await.unwrap().unwrap();
        assert_eq!(record.previous_secret.is_some(), is_kept);
    }
}

/// An extension writes anyway, so it costs nothing more.
#[tokio::test]
async fn the_previous_secret_leaves_the_record_at_the_next_extension_after_the_grace_period() {
    let spy = Spy::default();
    let app = spy.app_with(|config| {
        config.state.renew_every = Some(23 * HOUR);
        config.state.extension_threshold = 1.0;
    });
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    let steps = [
        (23 * HOUR, "replace", true),
        (Duration::from_secs(10), "touch", true),
        (MINUTE, "replace", false),
        (MINUTE, "touch", false),
    ];
    for (wait, write, is_kept) in steps {
        app.clock.advance(wait);
        spy.operations();
        let session = browser.request();
        session.force_load().await.unwrap();
        assert!(set_cookie(&browser.respond(session).await.unwrap()).is_some());
        assert_eq!(spy.operations(), ["load", write]);
        let record = spy.inner().load(id).await.unwrap().unwrap();
        assert_eq!(record.previous_secret.is_some(), is_kept);
        assert_eq!(record.expires_at, app.clock.now() + DAY);
    }
}

/// Numbers that look random, the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = usize::try_from(self.below(i as u64 + 1)).unwrap();
            items.swap(i, j);
        }
    }
}

/// One jar, eight requests at a time, whose answers arrive in any order while the clock runs on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_renewals_under_parallel_requests_log_nobody_out() {
    let spy = Spy::default();
    let app = spy.app_with(|config| {
        config.state.renew_every = Some(HOUR);
        config.state.absolute_timeout = 100 * 365 * DAY;
        config.state.on_token_reuse = TokenReuse::Revoke;
    });
    let mut jar = browser_with_session(&app).await;
    log_in(&mut jar, alice()).await.unwrap();
    let id = jar.request().id().unwrap();
    let mut dice = Dice(0x5eed);
    let (mut renewals, mut secret) = (0, None);
    let mut follow_up = false;
    while renewals < 10_000 {
        // Pages are requested before, at and after the due time. An answer that overtakes another
        // one may leave the browser with the previous secret, so every page is followed by another
        // one within seconds.
        app.clock.advance(match follow_up {
            true => Duration::from_secs(dice.below(20)),
            false => MINUTE * u32::try_from(30 + dice.below(40)).unwrap(),
        });
        follow_up = !follow_up;
        for answer in answers_in_any_order(&jar, &app.clock, &mut dice).await {
            jar.receive(&answer);
        }
        let record = spy.inner().load(id).await.unwrap().unwrap();
        renewals += u32::from(secret != Some(record.secret));
        secret = Some(record.secret);
    }
    assert!(jar.request().principal().await.unwrap().is_some());
}

/// Sends eight requests of one browser at a time.
async fn answers_in_any_order(
    jar: &TestBrowser,
    clock: &ManualClock,
    dice: &mut Dice,
) -> Vec<Response> {
    let requests = (0..8).map(|_| {
        let changes_cookie = dice.below(4) == 0;
        let wait = Duration::from_millis(dice.below(1_000));
        tokio::spawn(page(jar.clone(), clock.clone(), changes_cookie, wait))
    });
    let mut answers = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        answers.push(request.await.unwrap());
    }
    dice.shuffle(&mut answers);
    answers
}

async fn page(
    jar: TestBrowser,
    clock: ManualClock,
    changes_cookie: bool,
    wait: Duration,
) -> Response {
    let mut session = jar.request();
    let owner = session.principal().await.unwrap();
    assert!(owner.is_some(), "logged out");
    clock.advance(wait);
    tokio::task::yield_now().await;
    if changes_cookie {
        let mut client = session.client_mut();
        client.insert("page", &wait.as_millis()).unwrap();
    }
    jar.respond_with(StatusCode::OK, session).await.unwrap()
}
