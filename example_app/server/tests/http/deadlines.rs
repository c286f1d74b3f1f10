//! The deadlines of sessions.

use std::time::Duration;

use session::testing::ManualClock;
use session_memory::InMemorySessionStore;

use crate::support::{Browser, PASSWORD, TestShop, dev_config, get};

/// Opens a shop with a manual clock, an idle timeout of one hour and an absolute one of three.
async fn shop() -> (TestShop, ManualClock) {
    let clock = ManualClock::new();
    let mut config = dev_config();
    config.session.state.idle_timeout = minutes(60);
    config.session.state.absolute_timeout = minutes(180);
    let store = InMemorySessionStore::builder().clock(clock.clone()).build();
    let for_shop = clock.clone();
    let furnish = async |shop: server::Shop| {
        let shop = shop.with_clock(for_shop).with_session_store(store.into());
        shop.await.unwrap()
    };
    (TestShop::furnished(config, furnish).await, clock)
}

/// The answer to the script of a page if nobody is logged in.
const NOTHING_LEFT: &str = "{\"seconds_left\":null,\"is_final\":false}";

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

#[tokio::test]
async fn a_session_without_activity_ends_after_the_idle_timeout() {
    let (shop, clock) = shop().await;
    let cookie = Browser::new(shop.address).start_session().await;
    let cookie = cookie.cookie_pair();
    clock.advance(minutes(60) - Duration::from_secs(1));
    let page = get(shop.address, "/", &[cookie.as_bytes()]).await;
    assert_eq!(page.visits(), 1);
    let extended = page.cookie_pair();
    clock.advance(Duration::from_secs(1));
    // A browser that ignores the extension presents the old deadline, which has passed.
    assert_eq!(
        get(shop.address, "/", &[cookie.as_bytes()]).await.visits(),
        0
    );
    assert_eq!(
        get(shop.address, "/", &[extended.as_bytes()])
            .await
            .visits(),
        2
    );
}

#[tokio::test]
async fn activity_extends_a_session_up_to_the_absolute_timeout() {
    let (shop, clock) = shop().await;
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    for visit in 1..=4 {
        clock.advance(minutes(30));
        let page = browser.get("/").await;
        assert_eq!(page.visits(), visit);
        let max_age = page.cookies()[0].max_age().unwrap();
        // `Max-Age` is rounded down to seconds, and the session began a moment before the cookie.
        let rounding = time::Duration::SECOND;
        assert_eq!((max_age + rounding).whole_minutes(), 60);
    }
    clock.advance(minutes(30));
    let last = browser.get("/").await;
    assert_eq!(last.visits(), 5);
    assert!(
        last.cookies().is_empty(),
        "the deadline cannot be extended further: {last:?}"
    );
    let cookie = browser.cookie().unwrap();
    clock.advance(minutes(30));
    assert_eq!(
        get(shop.address, "/", &[cookie.as_bytes()]).await.visits(),
        0
    );
}

#[tokio::test]
async fn a_member_with_an_expired_session_is_sent_to_the_log_in_page() {
    let (shop, clock) = shop().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    clock.advance(minutes(60));
    assert_eq!(
        browser.get("/account").await.location(),
        "/login?next=/account"
    );
    assert_eq!(browser.log_in().await.location(), "/account");
    assert_eq!(browser.get("/account").await.status, 200);
}

#[tokio::test]
async fn the_page_of_a_member_who_is_away_does_not_keep_the_session_alive() {
    let (shop, clock) = shop().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    for seconds_left in [40 * 60, 20 * 60] {
        clock.advance(minutes(20));
        let answer = browser.get("/session").await;
        let expected = format!("{{\"seconds_left\":{seconds_left},\"is_final\":false}}");
        assert_eq!(answer.body, expected);
        assert!(answer.cookies().is_empty(), "{answer:?}");
    }
    clock.advance(minutes(20));
    let answer = browser.get("/session").await;
    assert_eq!(answer.body, NOTHING_LEFT);
    let account = browser.get("/account").await;
    assert_eq!(account.location(), "/login?next=/account");
}

#[tokio::test]
async fn shortly_before_the_absolute_timeout_only_the_password_gives_a_member_more_time() {
    let (shop, clock) = shop().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    for _ in 0..5 {
        clock.advance(minutes(29));
        assert_eq!(browser.get("/account").await.status, 200);
    }
    clock.advance(minutes(33));
    for _ in 0..2 {
        let answer = browser.get("/session").await;
        assert_eq!(answer.body, "{\"seconds_left\":120,\"is_final\":true}");
        browser.get("/account").await;
    }
    let form = [("password", PASSWORD), ("next", "/cart")];
    assert_eq!(browser.post("/confirm", &form).await.location(), "/cart");
    let answer = browser.get("/session").await;
    let expected = format!("{{\"seconds_left\":{},\"is_final\":false}}", 60 * 60);
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn a_visitor_has_no_time_left_and_gets_no_cookie() {
    let (shop, _) = shop().await;
    let answer = Browser::new(shop.address).get("/session").await;
    assert_eq!(answer.body, NOTHING_LEFT);
    assert!(answer.cookies().is_empty(), "{answer:?}");
}
