//! How the pages look, for everybody: on a small screen, for a finger, for a screen reader.

use super::{NAME, PASSWORD, Screen, Tab, TestShop, log_in, screenshots, shop, sign_up};
use crate::support::{TestStore, prefixed_config};

/// What can be clicked, but for links in the middle of a text.
const TARGETS: &str =
    "button, input:not([type=hidden], .hidden), nav a, .button, .brand, .standalone";

/// The smallest target, in pixels (WCAG 2.2, 2.5.5).
const TARGET_SIZE: f64 = 44.0;

/// Whatever has text.
const TEXTS: &str = "h1, h2, h3, p, a, button, label, input, th, td, dt, dd, li, small, b, code";

/// The least that everybody can read (WCAG 2.2, 1.4.3).
const TEXT_CONTRAST: f64 = 4.5;

/// Photographs the page and looks whether everybody can use it.
async fn inspect(tab: &mut Tab, name: &str) {
    tab.photograph(&screenshots(), name).await;
    assert_eq!(tab.overflow().await, 0.0, "{name} is too wide");
    for (element, height) in tab.heights(TARGETS).await {
        assert!(height >= TARGET_SIZE, "{name}: {height}: {element}");
    }
    let controls = tab.controls().await;
    let nameless = controls.iter().find(|(_, name)| name.is_empty());
    assert_eq!(nameless, None, "{name}: {controls:?}");
    assert_eq!(tab.headings().await, 1, "{name}: one title");
    let contrasts = tab.contrasts(TEXTS).await;
    assert!(contrasts.len() >= 5, "{name}: {contrasts:?}");
    for (element, contrast) in contrasts {
        assert!(contrast >= TEXT_CONTRAST, "{name}: {contrast}: {element}");
    }
    assert_eq!(tab.complaints(), [] as [String; 0], "{name}");
}

async fn inspect_all_pages(screen: Screen) {
    let (shop, _) = shop().await;
    let mut tab = Tab::open(shop.address, screen).await;
    let mut other = Tab::open(shop.address, screen.other()).await;
    for colours in ["light", "dark"] {
        tab.prefer(colours).await;
        for (path, name) in [
            ("/", "home"),
            ("/cart", "cart-empty"),
            ("/signup", "sign-up"),
            ("/login", "log-in"),
            ("/policy", "policy"),
            ("/nowhere", "not-found"),
        ] {
            tab.go_to(path).await;
            inspect(&mut tab, &screen.file(colours, name)).await;
        }
        tab.go_to("/signup").await;
        sign_up(&mut tab, "grace", "password1").await;
        inspect(&mut tab, &screen.file(colours, "sign-up-refused")).await;
        tab.go_to("/login").await;
        log_in(&mut tab, NAME, "wrong").await;
        inspect(&mut tab, &screen.file(colours, "log-in-refused")).await;

        for product in [1, 3, 4] {
            tab.go_to("/").await;
            tab.follow(&format!("li:nth-child({product}) form button"))
                .await;
        }
        inspect(&mut tab, &screen.file(colours, "cart")).await;

        for visitor in [&mut other, &mut tab] {
            visitor.go_to("/login").await;
            log_in(visitor, NAME, PASSWORD).await;
        }
        for (path, name) in [
            ("/account", "account"),
            ("/account/devices", "devices"),
            ("/account/password", "password"),
            ("/confirm", "confirm"),
        ] {
            tab.go_to(path).await;
            inspect(&mut tab, &screen.file(colours, name)).await;
        }
        tab.go_to("/account/devices").await;
        tab.follow("button[name=session]").await;
        inspect(&mut tab, &screen.file(colours, "device-logged-out")).await;
        tab.follow("footer button[lang=de]").await;
        for (path, name) in [("/", "home-german"), ("/account/devices", "devices-german")] {
            tab.go_to(path).await;
            inspect(&mut tab, &screen.file(colours, name)).await;
        }
        tab.follow("header form button").await;
        inspect(&mut tab, &screen.file(colours, "goodbye")).await;
    }
    tab.close_without_complaints().await;
    other.close_without_complaints().await;
}

#[tokio::test]
async fn every_page_can_be_used_on_a_desktop() {
    inspect_all_pages(Screen::Desktop).await;
}

#[tokio::test]
async fn every_page_can_be_used_on_a_phone() {
    inspect_all_pages(Screen::Phone).await;
}

#[tokio::test]
async fn the_page_for_a_failure_can_be_used_on_both() {
    let store = TestStore::new();
    store.set_dead(true);
    let furnish = |shop: server::Shop| shop.with_session_store(store.session_store());
    let shop = TestShop::open_with(prefixed_config(), furnish).await;
    for screen in [Screen::Desktop, Screen::Phone] {
        let mut tab = Tab::open(shop.address, screen).await;
        tab.go_to("/").await;
        inspect(&mut tab, &screen.file("light", "failure")).await;
        tab.close_without_complaints().await;
    }
}
