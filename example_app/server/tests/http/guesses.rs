//! The limits on guesses of passwords.

use std::net::Ipv4Addr;
use std::time::Duration;

use session::testing::ManualClock;
use tokio::task::JoinSet;

use crate::support::{Browser, NAME, OTHER_PASSWORD, Response, TestShop, dev_config};

const HOME: &str = "192.0.2.1";

/// Opens a shop behind a proxy, with a manual clock.
async fn shop() -> (TestShop, ManualClock) {
    let clock = ManualClock::new();
    let for_shop = clock.clone();
    let mut config = dev_config();
    config.server.proxies = vec![Ipv4Addr::LOCALHOST.into()];
    let shop = TestShop::open_with(config, |shop| shop.with_clock(for_shop)).await;
    (shop, clock)
}

/// Guesses the password of a member from one address after the other until a guess is refused.
/// Returns the number of guesses before it, and the refusal.
async fn guess_from_everywhere(shop: &TestShop, name: &str) -> (usize, Response) {
    for n in 0..=100 {
        let attacker = Browser::at_address(shop.address, &format!("198.51.100.{n}"));
        let response = attacker.log_in_as(name, "a wrong guess").await;
        if response.status != 401 {
            return (n, response);
        }
    }
    panic!("no guess was refused");
}

/// Returns the time after which a refused visitor may try again.
#[track_caller]
fn assert_refused(response: &Response) -> Duration {
    assert_eq!(response.status, 429, "{response:?}");
    for text in ["Too many wrong passwords", "Please try again in 1 minute."] {
        assert!(response.body.contains(text), "{}", response.body);
    }
    assert!(response.cookies().is_empty(), "{response:?}");
    let [seconds] = response.headers("retry-after")[..] else {
        panic!("{response:?}");
    };
    Duration::from_secs(seconds.parse().unwrap())
}

#[tokio::test]
async fn guesses_for_an_account_have_to_wait_while_its_member_logs_in_at_home() {
    let (shop, clock) = shop().await;
    let owner = Browser::at_address(shop.address, HOME);
    assert_eq!(owner.log_in().await.location(), "/account");
    let (guesses, refused) = guess_from_everywhere(&shop, NAME).await;
    assert_eq!(guesses, 10);
    let wait = assert_refused(&refused);

    let stranger = Browser::at_address(shop.address, "203.0.113.1");
    assert_refused(&stranger.log_in().await);
    let at_home = Browser::at_address(shop.address, HOME);
    assert_eq!(owner.get("/account").await.status, 200);
    clock.advance(wait);
    assert_eq!(stranger.log_in_as(NAME, "a wrong guess").await.status, 401);
    assert_refused(&stranger.log_in().await);
    assert_eq!(at_home.log_in().await.location(), "/account");
    assert_eq!(stranger.log_in().await.location(), "/account");
}

#[tokio::test]
async fn a_name_that_nobody_has_is_limited_like_a_member() {
    let (shop, _) = shop().await;
    let (guesses, refused) = guess_from_everywhere(&shop, "nobody").await;
    assert_eq!(guesses, 10);
    assert_refused(&refused);
}

#[tokio::test]
async fn guesses_from_an_address_are_limited_for_all_accounts_together() {
    let (shop, clock) = shop().await;
    let attacker = Browser::at_address(shop.address, "198.51.100.1");
    for n in 0..20 {
        let name = format!("member-{n}");
        assert_eq!(attacker.log_in_as(&name, "a guess").await.status, 401);
    }
    let wait = assert_refused(&attacker.log_in_as("member-20", "a guess").await);
    let neighbour = Browser::at_address(shop.address, "198.51.100.2");
    assert_eq!(neighbour.log_in().await.location(), "/account");
    clock.advance(wait);
    assert_eq!(attacker.log_in_as("member-20", "a guess").await.status, 401);
    assert_refused(&attacker.log_in_as("member-21", "a guess").await);
}

#[tokio::test]
async fn a_header_of_a_client_that_is_not_a_proxy_does_not_make_it_another_visitor() {
    let shop = TestShop::open().await;
    for n in 0..20 {
        let address = format!("198.51.100.{n}");
        let attacker = Browser::at_address(shop.address, &address);
        let name = format!("member-{n}");
        assert_eq!(attacker.log_in_as(&name, "a guess").await.status, 401);
    }
    let attacker = Browser::at_address(shop.address, "198.51.100.99");
    assert_refused(&attacker.log_in_as("member-20", "a guess").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_guesses_are_counted_before_they_are_checked() {
    let (shop, _) = shop().await;
    let mut guesses = JoinSet::new();
    // Not more, because the workers of Pavex drop connections when their queues are full.
    for n in 0..20 {
        let attacker = Browser::at_address(shop.address, &format!("198.51.100.{n}"));
        guesses.spawn(async move { attacker.log_in_as(NAME, "a wrong guess").await.status });
    }
    let statuses = guesses.join_all().await;
    let checked = statuses.iter().filter(|status| **status == 401).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((checked, refused), (10, 10));
}

#[tokio::test]
async fn guesses_in_a_stolen_session_are_limited() {
    let (shop, _) = shop().await;
    let member = Browser::at_address(shop.address, HOME);
    member.log_in().await;
    for n in 0..12 {
        let guess = [("password", "a wrong guess")];
        let response = match n % 2 {
            0 => member.post("/confirm", &guess).await,
            _ => {
                member
                    .change_password("a wrong guess", OTHER_PASSWORD)
                    .await
            }
        };
        match n {
            ..10 => assert!([401, 422].contains(&response.status), "{response:?}"),
            _ => _ = assert_refused(&response),
        }
    }
    let elsewhere = Browser::at_address(shop.address, "203.0.113.1");
    assert_eq!(elsewhere.log_in().await.location(), "/account");
}
