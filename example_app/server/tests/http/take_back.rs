//! The change of the password while a thief logs in again and again.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;

use crate::support::{Browser, NAME, OTHER_PASSWORD, PASSWORD, Response, TestShop, dev_config};

const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";

async fn take_back(browser: &Browser, current: &str, password: &str) -> Response {
    let form = [
        ("name", NAME),
        ("current", current),
        ("password", password),
        ("repetition", password),
    ];
    browser.post("/take-back", &form).await
}

/// Logs in with a new browser again and again until the password is wrong. Returns the browsers.
async fn loop_of_thief(shop: SocketAddr, password: String) -> Vec<Browser> {
    let mut sessions = Vec::new();
    loop {
        let thief = Browser::at_address(shop, ELSEWHERE);
        match thief.log_in_as(NAME, &password).await.status {
            303 => sessions.push(thief),
            status => {
                assert_eq!(status, 401);
                return sessions;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_takes_the_account_back_while_a_thief_logs_in_again_and_again() {
    let mut config = dev_config();
    config.server.proxies = vec![Ipv4Addr::LOCALHOST.into()];
    config.session.log_in.max_sessions_per_principal = NonZeroUsize::new(1);
    let shop = TestShop::open_with(config, |shop| shop).await;
    let owner = Browser::at_address(shop.address, HOME);
    let mut old = PASSWORD.to_owned();
    for round in 0..20 {
        owner.log_in_as(NAME, &old).await;
        let thief = tokio::spawn(loop_of_thief(shop.address, old.clone()));
        // The thief has thrown the owner out.
        while owner.get("/account").await.status == 200 {}
        let new = format!("the password {round} of Ada");
        let changed = take_back(&owner, &old, &new).await;
        assert_eq!(changed.location(), "/account", "in round {round}");
        let sessions = thief.await.unwrap();
        assert!(!sessions.is_empty());
        for session in sessions {
            assert_eq!(session.get("/account").await.status, 303);
        }
        let elsewhere = Browser::at_address(shop.address, HOME);
        assert_eq!(elsewhere.log_in_as(NAME, &new).await.location(), "/account");
        old = new;
    }
}

#[tokio::test]
async fn a_member_who_takes_the_account_back_is_logged_in_there_only() {
    let shop = TestShop::open().await;
    let (here, there) = (Browser::new(shop.address), Browser::new(shop.address));
    there.log_in().await;
    here.add_to_cart("ink", 2).await;
    let changed = take_back(&here, PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(changed.location(), "/account");
    let account = here.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert!(account.flash().unwrap().contains("has been changed"));
    assert_eq!(there.get("/account").await.status, 303);
}

#[tokio::test]
async fn a_wrong_or_unfit_password_takes_no_account_back() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    for (current, password, explanation) in [
        ("wrong", OTHER_PASSWORD, "The name or the password is wrong"),
        (PASSWORD, "short", "too short"),
    ] {
        let refused = take_back(&browser, current, password).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains(explanation), "{}", refused.body);
        assert!(refused.cookies().is_empty(), "{refused:?}");
    }
    assert_eq!(browser.log_in().await.location(), "/account");
}
