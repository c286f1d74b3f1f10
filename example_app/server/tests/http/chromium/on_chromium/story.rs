//! The actions of visitors.

use std::time::Duration;

use super::{
    NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, Screen, Site, Tab, log_in, shop, sign_up,
};

#[tokio::test]
async fn a_member_uses_two_devices() {
    let (shop, clock) = shop().await;
    let mut laptop = Tab::open(shop.address, Screen::Desktop).await;
    let mut phone = Tab::open(shop.address, Screen::Phone).await;
    sign_up_with_a_cart(&mut laptop).await;
    log_out_the_laptop(&mut phone).await;

    laptop.go_to("/account").await;
    assert_eq!(laptop.path().await, "/login?next=/account");
    log_in(&mut laptop, "grace", NEW_PASSWORD).await;
    assert_eq!(laptop.path().await, "/account");
    clock.advance(Duration::from_secs(6 * 60));
    change_password(&mut laptop).await;
    phone.go_to("/account").await;
    assert_eq!(phone.path().await, "/login?next=/account");

    for tab in [laptop, phone] {
        tab.close_without_complaints().await;
    }
}

async fn sign_up_with_a_cart(laptop: &mut Tab) {
    laptop.go_to("/").await;
    laptop.follow("li:nth-child(3) form button").await;
    assert_eq!(laptop.path().await, "/cart");
    laptop.follow("header a[href='/signup']").await;
    sign_up(laptop, "grace", NEW_PASSWORD).await;
    assert!(laptop.shows("Welcome to Inkwell").await);
    laptop.follow("header a[href='/cart']").await;
    assert!(
        laptop.shows("Ink, midnight blue").await,
        "the sign-up keeps the cart"
    );
}

async fn log_out_the_laptop(phone: &mut Tab) {
    phone.go_to("/account/devices").await;
    assert_eq!(phone.path().await, "/login?next=/account/devices");
    log_in(phone, "grace", NEW_PASSWORD).await;
    assert_eq!(phone.path().await, "/account/devices");
    assert!(phone.shows("Chrome on Linux").await);
    assert!(phone.shows("Chrome on Android").await);
    phone.follow("button[name=session]").await;
    assert!(phone.shows("The device has been logged out.").await);
    assert!(!phone.shows("Chrome on Linux").await);
}

async fn change_password(laptop: &mut Tab) {
    laptop
        .follow("main a[href='/account/password'].button")
        .await;
    assert_eq!(laptop.path().await, "/confirm?next=/account/password");
    laptop.fill_in(&[("password", NEW_PASSWORD)]).await;
    laptop.follow("main form button").await;
    assert_eq!(laptop.path().await, "/account/password");
    let form = [
        ("current", NEW_PASSWORD),
        ("password", OTHER_PASSWORD),
        ("repetition", OTHER_PASSWORD),
    ];
    laptop.fill_in(&form).await;
    laptop.follow("main form button").await;
    assert!(laptop.shows("Your password has been changed").await);
}

#[tokio::test]
async fn the_shop_works_without_scripts() {
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
async fn a_form_on_another_site_is_refused() {
    let (shop, _) = shop().await;
    let action = format!("http://{}/account/devices/log-out-everywhere", shop.address);
    let form = format!(
        "<!doctype html><main><form method=post action={action}><button>Win</button></form></main>"
    );
    // Another port is another origin but the same site, so the browser sends the cookie.
    let evil = Site::open(form).await;

    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    tab.go_to("/login").await;
    log_in(&mut tab, NAME, PASSWORD).await;
    tab.visit(&format!("http://{}/", evil.address)).await;
    tab.follow("main form button").await;
    assert!(tab.shows("from another website").await);
    tab.go_to("/account").await;
    assert_eq!(tab.path().await, "/account");
    tab.close_without_complaints().await;
}
