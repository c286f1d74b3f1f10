//! What visitors do.

use std::time::Duration;

use super::{NAME, NEW_PASSWORD, PASSWORD, Screen, Site, Tab, log_in, shop, sign_up};

#[tokio::test]
async fn a_member_rules_over_two_devices() {
    let (shop, clock) = shop().await;
    let mut laptop = Tab::open(shop.address, Screen::Desktop).await;
    let mut phone = Tab::open(shop.address, Screen::Phone).await;

    laptop.go_to("/").await;
    laptop.follow("li:nth-child(3) form button").await;
    assert_eq!(laptop.path().await, "/cart");
    laptop.follow("header a[href='/signup']").await;
    sign_up(&mut laptop, "grace", NEW_PASSWORD).await;
    assert!(laptop.shows("Welcome to Inkwell").await);
    laptop.follow("header a[href='/cart']").await;
    assert!(laptop.shows("Ink, midnight blue").await, "the cart stays");

    phone.go_to("/account/devices").await;
    assert_eq!(phone.path().await, "/login?next=/account/devices");
    log_in(&mut phone, "grace", NEW_PASSWORD).await;
    assert_eq!(phone.path().await, "/account/devices");
    assert!(phone.shows("Chrome on Linux").await);
    assert!(phone.shows("Chrome on Android").await);
    phone.follow("button[name=session]").await;
    assert!(phone.shows("The device is logged out.").await);
    assert!(!phone.shows("Chrome on Linux").await);

    laptop.go_to("/account").await;
    assert_eq!(laptop.path().await, "/login?next=/account");
    log_in(&mut laptop, "grace", NEW_PASSWORD).await;
    assert_eq!(laptop.path().await, "/account");

    clock.advance(Duration::from_secs(6 * 60));
    laptop
        .follow("main a[href='/account/password'].button")
        .await;
    assert_eq!(laptop.path().await, "/confirm?next=/account/password");
    laptop.fill_in(&[("password", NEW_PASSWORD)]).await;
    laptop.follow("main form button").await;
    assert_eq!(laptop.path().await, "/account/password");
    let twice = [
        ("password", "nautical almanac"),
        ("repetition", "nautical almanac"),
    ];
    laptop.fill_in(&twice).await;
    laptop.follow("main form button").await;
    assert!(laptop.shows("The password is changed").await);
    phone.go_to("/account").await;
    assert_eq!(phone.path().await, "/login?next=/account");

    for tab in [laptop, phone] {
        tab.close_without_complaints().await;
    }
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_gone_after_the_log_out() {
    let (shop, _) = shop().await;
    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    tab.go_to("/login").await;
    assert!(tab.cookies().await.is_empty());
    log_in(&mut tab, NAME, PASSWORD).await;

    let cookies = tab.cookies().await;
    let [cookie] = &cookies[..] else {
        panic!("{cookies:?}");
    };
    assert_eq!(cookie["name"], "__Host-id");
    assert_eq!(cookie["domain"], "127.0.0.1", "for no other host: no dot");
    assert_eq!(cookie["path"], "/");
    assert_eq!(cookie["secure"], true);
    assert_eq!(cookie["httpOnly"], true);
    assert_eq!(cookie["sameSite"], "Lax");
    assert_eq!(cookie["session"], false, "it outlives the browser");

    tab.go_to("/account").await;
    tab.follow("header form button").await;
    assert_eq!(tab.path().await, "/goodbye");
    assert!(tab.cookies().await.is_empty());
    tab.go_back().await;
    assert_eq!(tab.path().await, "/login?next=/account");
    tab.close_without_complaints().await;
}

#[tokio::test]
async fn everything_works_without_scripts() {
    let (shop, _) = shop().await;
    let mut tab = Tab::open(shop.address, Screen::Phone).await;
    tab.turn_scripts_off().await;
    tab.go_to("/").await;
    tab.follow("li:nth-child(2) form button").await;
    assert!(tab.shows("Fountain pen").await);
    tab.follow("footer button[lang=de]").await;
    assert!(tab.shows("Füllfederhalter").await);
    tab.go_to("/signup").await;
    sign_up(&mut tab, "grace", NEW_PASSWORD).await;
    tab.follow("header form button").await;
    assert!(tab.shows("You are logged out").await);
    tab.close_without_complaints().await;
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let (shop, _) = shop().await;
    let action = format!("http://{}/account/devices/log-out-everywhere", shop.address);
    let form = format!(
        "<!doctype html><main><form method=post action={action}><button>Win</button></form></main>"
    );
    // To a browser, another port is another origin but the same site, so that it sends the cookie along.
    let evil = Site::open(form).await;

    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    tab.go_to("/login").await;
    log_in(&mut tab, NAME, PASSWORD).await;
    tab.visit(&format!("http://{}/", evil.address)).await;
    tab.follow("main form button").await;
    assert!(tab.shows("page of another site").await);
    tab.go_to("/account").await;
    assert_eq!(tab.path().await, "/account");
    tab.close_without_complaints().await;
}
