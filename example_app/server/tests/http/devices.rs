//! One member who is logged in on several devices.

use std::time::Duration;

use session::testing::ManualClock;

use crate::support::{
    Browser, NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, Response, TestShop, dev_config,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/140.0.0.0 Mobile Safari/537.36";

#[track_caller]
fn assert_logged_out(page: &Response) {
    assert_eq!(page.location(), "/login?next=/account");
}

#[tokio::test]
async fn a_member_can_log_out_each_device() {
    check_whole_membership(TestShop::open().await).await;
}

pub(crate) async fn check_whole_membership(shop: TestShop) {
    let laptop = Browser::with_user_agent(shop.address, FIREFOX);
    let phone = Browser::with_user_agent(shop.address, ANDROID);
    laptop.sign_up("grace", NEW_PASSWORD).await;
    assert_eq!(laptop.sign_up("grace", NEW_PASSWORD).await.status, 422);
    phone.log_in_as("grace", NEW_PASSWORD).await;

    let list = phone.get("/account/devices").await;
    assert!(list.body.contains("Firefox on Linux"), "{}", list.body);
    assert!(list.body.contains("Chrome on Android"), "{}", list.body);
    assert_eq!(list.body.matches("This device").count(), 1);
    let [id] = &list.other_sessions()[..] else {
        panic!("{list:?}");
    };
    let form = [("session", id.as_str())];
    let ended = phone.post("/account/devices/log-out", &form).await;
    assert_eq!(ended.location(), "/account/devices");
    let list = phone.get("/account/devices").await;
    assert_eq!(list.flash(), Some("The device has been logged out."));
    assert!(list.other_sessions().is_empty(), "{}", list.body);
    assert_logged_out(&laptop.get("/account").await);

    laptop.log_in_as("grace", NEW_PASSWORD).await;
    let changed = laptop.change_password(NEW_PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(changed.location(), "/account");
    assert_eq!(laptop.get("/account").await.status, 200);
    assert_logged_out(&phone.get("/account").await);
    assert_eq!(phone.log_in_as("grace", NEW_PASSWORD).await.status, 401);
    phone.log_in_as("grace", OTHER_PASSWORD).await;

    let everywhere = "/account/devices/log-out-everywhere";
    assert_eq!(phone.post(everywhere, &[]).await.location(), "/goodbye");
    assert_eq!(phone.cookie(), None);
    assert_logged_out(&laptop.get("/account").await);
    assert_logged_out(&phone.get("/account").await);
    shop.close().await;
}

#[tokio::test]
async fn a_member_can_log_out_all_other_devices_at_once() {
    let shop = TestShop::open().await;
    let here = Browser::new(shop.address);
    here.log_in().await;
    let others = [Browser::new(shop.address), Browser::new(shop.address)];
    for other in &others {
        other.log_in().await;
    }
    let list = here.get("/account/devices").await;
    assert_eq!(list.other_sessions().len(), 2);
    assert!(list.body.contains("Unknown browser"), "{}", list.body);
    let ended = here.post("/account/devices/log-out-others", &[]).await;
    assert_eq!(ended.location(), "/account/devices");
    assert_eq!(here.get("/account").await.status, 200);
    for other in &others {
        assert_logged_out(&other.get("/account").await);
    }
}

#[tokio::test]
async fn the_list_of_devices_shows_where_the_member_stays_logged_in() {
    let shop = TestShop::open().await;
    let [own, shared] = [(); 2].map(|()| Browser::new(shop.address));
    let form = [("name", NAME), ("password", PASSWORD), ("stay", "on")];
    own.post("/login", &form).await;
    let marks = async |browser: &Browser, mark: &str| {
        let list = browser.get("/account/devices").await.body;
        list.matches(mark).count()
    };
    assert_eq!(marks(&own, "Stays logged in when").await, 1);
    shared.log_in().await;
    assert_eq!(marks(&shared, "Stays logged in when").await, 1);
    shared.post("/language", &[("language", "de")]).await;
    assert_eq!(marks(&shared, "Bleibt angemeldet, wenn").await, 1);
    own.post("/account/devices/log-out-everywhere", &[]).await;
    shared.sign_up("grace", NEW_PASSWORD).await;
    assert_eq!(marks(&shared, "angemeldet, wenn").await, 0);
}

#[tokio::test]
async fn a_member_cannot_end_the_session_of_another_member() {
    let shop = TestShop::open().await;
    let (ada, other_ada) = (Browser::new(shop.address), Browser::new(shop.address));
    ada.log_in().await;
    other_ada.log_in().await;
    let ids = other_ada.get("/account/devices").await.other_sessions();
    let eve = Browser::new(shop.address);
    eve.sign_up("eve", NEW_PASSWORD).await;
    eve.get("/account").await;
    for id in [ids[0].as_str(), "", "no-id", "' OR 1=1 --"] {
        let form = [("session", id)];
        let answer = eve.post("/account/devices/log-out", &form).await;
        assert_eq!(answer.location(), "/account/devices");
        let list = eve.get("/account/devices").await;
        let text = "This device was already logged out.";
        assert_eq!(list.flash(), Some(text), "the same as for an unknown id");
        let stranger = Browser::new(shop.address);
        let answer = stranger.post("/account/devices/log-out", &form).await;
        assert_eq!(answer.location(), "/login");
    }
    eve.post("/account/devices/log-out-others", &[]).await;
    eve.post("/account/devices/log-out-everywhere", &[]).await;
    assert_eq!(ada.get("/account").await.status, 200);
}

#[tokio::test]
async fn ending_ones_own_session_by_its_id_is_a_log_out() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    let account = browser.get("/account").await.body;
    let (_, id) = account.split_once("<code>").unwrap();
    let (id, _) = id.split_once('<').unwrap();
    let form = [("session", id)];
    let ended = browser.post("/account/devices/log-out", &form).await;
    assert_eq!(ended.location(), "/goodbye");
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn a_log_in_beyond_the_limit_ends_the_oldest_session() {
    let mut config = crate::support::dev_config();
    config.session.log_in.max_sessions_per_principal = std::num::NonZeroUsize::new(2);
    let shop = TestShop::open_with(config, |shop| shop).await;
    let [oldest, second, third] = [(); 3].map(|()| Browser::new(shop.address));
    for browser in [&oldest, &second, &third] {
        browser.log_in().await;
    }
    assert_logged_out(&oldest.get("/account").await);
    for browser in [&second, &third] {
        assert_eq!(browser.get("/account").await.status, 200);
    }
}

#[tokio::test]
async fn the_list_of_devices_does_not_show_the_raw_user_agent() {
    let shop = TestShop::open().await;
    let browser =
        Browser::with_user_agent(shop.address, "<script>alert(1)</script> Firefox/1 Linux");
    browser.log_in().await;
    let list = browser.get("/account/devices").await;
    assert!(list.body.contains("Firefox on Linux"), "{}", list.body);
    assert!(!list.body.contains("<script>alert"), "{}", list.body);
}

#[tokio::test]
async fn a_message_stays_for_the_next_page_when_the_browser_prefetches_another_one() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    browser.post("/account/devices/log-out-others", &[]).await;
    let text = "You have been logged out on all other devices.";
    let prefetched = browser.prefetch("/cart").await;
    assert_eq!(prefetched.flash(), Some(text), "the visitor may go there");
    let devices = browser.get("/account/devices").await;
    assert_eq!(devices.flash(), Some(text));
    assert_eq!(browser.get("/account/devices").await.flash(), None);
}

#[tokio::test]
async fn the_end_of_sessions_elsewhere_requires_a_confirmation_of_the_password() {
    let clock = ManualClock::new();
    let for_shop = clock.clone();
    let shop = TestShop::open_with(dev_config(), |shop| shop.with_clock(for_shop)).await;
    let (here, there) = (Browser::new(shop.address), Browser::new(shop.address));
    here.log_in().await;
    there.log_in().await;
    clock.advance(Duration::from_secs(6 * 60));
    let ids = here.get("/account/devices").await.other_sessions();
    let one = [("session", ids[0].as_str())];
    for (path, form) in [
        ("/account/devices/log-out", &one[..]),
        ("/account/devices/log-out-others", &[]),
        ("/account/devices/log-out-everywhere", &[]),
    ] {
        let refused = here.post(path, form).await;
        assert_eq!(refused.location(), "/confirm", "{path}");
    }
    for browser in [&here, &there] {
        assert_eq!(browser.get("/account").await.status, 200);
    }
    let password = [("password", PASSWORD)];
    assert_eq!(
        here.post("/confirm", &password).await.location(),
        "/account"
    );
    // The browser could not repeat the refused request, so the member has to.
    let account = here.get("/account").await;
    let told = account.flash().unwrap();
    assert!(told.contains("Nothing has been changed yet"), "{told}");
    assert_eq!(there.get("/account").await.status, 200);
    here.post("/account/devices/log-out", &one).await;
    assert_logged_out(&there.get("/account").await);
}
