//! The warning before a member is logged out.

use std::time::Duration;

use session::testing::ManualClock;

use super::{NAME, PASSWORD, Screen, Tab, log_in, screenshots};
use crate::support::{TestShop, prefixed_config};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const SOON: &str = "#session-warning p:first-child:not([hidden])";
const FINAL: &str = "#session-warning p:nth-child(2):not([hidden])";
const OVER: &str = "#session-warning p:last-child:not([hidden])";

async fn shop(idle_timeout: Duration, absolute_timeout: Duration) -> (TestShop, ManualClock) {
    let clock = ManualClock::new();
    let for_shop = clock.clone();
    let mut config = prefixed_config();
    config.session.state.idle_timeout = idle_timeout;
    config.session.state.absolute_timeout = absolute_timeout;
    let shop = TestShop::open_with(config, |shop| shop.with_clock(for_shop)).await;
    (shop, clock)
}

async fn open_account(shop: &TestShop) -> Tab {
    let mut tab = Tab::open(shop.address, Screen::Phone).await;
    tab.go_to("/login?next=/account").await;
    log_in(&mut tab, NAME, PASSWORD).await;
    assert_eq!(tab.path().await, "/account");
    tab
}

#[tokio::test]
async fn a_member_is_warned_two_minutes_before_the_log_out_and_can_stay() {
    let (shop, clock) = shop(Duration::from_secs(3 * 60), DAY).await;
    let mut tab = open_account(&shop).await;
    tab.await_node("#session-warning p[hidden]").await;
    clock.advance(Duration::from_secs(70));
    tab.run("document.dispatchEvent(new Event('visibilitychange'))")
        .await;
    tab.await_node(SOON).await;
    tab.take_screenshot(&screenshots(), "phone-light-warning.png")
        .await;

    tab.follow("#session-warning a").await;
    assert_eq!(tab.path().await, "/account");
    clock.advance(Duration::from_secs(130));
    tab.go_to("/account").await;
    assert_eq!(tab.path().await, "/account");
    tab.close_without_complaints().await;
}

#[tokio::test]
async fn a_member_at_the_absolute_timeout_can_stay_with_the_password() {
    let (shop, clock) = shop(Duration::from_secs(3 * 60), Duration::from_secs(3 * 60)).await;
    let mut tab = open_account(&shop).await;
    tab.await_node("#session-warning p[hidden]").await;
    clock.advance(Duration::from_secs(70));
    tab.run("document.dispatchEvent(new Event('visibilitychange'))")
        .await;
    tab.await_node(FINAL).await;
    tab.follow("#session-warning p:nth-child(2) a").await;
    assert_eq!(tab.path().await, "/confirm?next=/account");
    tab.fill_in(&[("password", PASSWORD)]).await;
    tab.follow("main form button").await;
    assert_eq!(tab.path().await, "/account");
    clock.advance(Duration::from_secs(170));
    tab.go_to("/account").await;
    assert_eq!(tab.path().await, "/account");
    tab.close_without_complaints().await;
}

#[tokio::test]
async fn a_member_whose_session_ended_is_shown_the_way_to_the_log_in_page() {
    let (shop, clock) = shop(Duration::from_secs(60 * 60), DAY).await;
    let mut tab = open_account(&shop).await;
    clock.advance(Duration::from_secs(60 * 60));
    tab.run("document.dispatchEvent(new Event('visibilitychange'))")
        .await;
    tab.await_node(OVER).await;
    tab.follow("#session-warning p:last-child a").await;
    assert_eq!(tab.path().await, "/login?next=/account");
    tab.close_without_complaints().await;
}
