//! The look of the pages: layout, contrast and controls, on a large and a small screen.

use super::{
    NAME, NEW_PASSWORD, PASSWORD, Screen, Tab, TestShop, log_in, screenshots, shop, sign_up,
};
use crate::support::{TestStore, prefixed_config};

/// The elements to click on, except links within a text.
const TARGETS: &str = "button, input:not([type=hidden], [type=checkbox], .hidden), .box, nav a, .button, .brand, .standalone";

/// The smallest height of a target, in pixels (WCAG 2.2, 2.5.5).
const TARGET_SIZE: f64 = 44.0;

/// The elements with text.
const TEXTS: &str = "h1, h2, h3, p, a, button, label, input, th, td, dt, dd, li, small, b, code";

/// The lowest contrast of a readable text (WCAG 2.2, 1.4.3).
const TEXT_CONTRAST: f64 = 4.5;

/// A member's browser on the inspected screen, and another one of the same member.
struct Inspection {
    screen: Screen,
    colours: &'static str,
    tab: Tab,
    other: Tab,
}

impl Inspection {
    async fn all_pages(screen: Screen) {
        let (shop, _) = shop().await;
        let mut inspection = Self {
            screen,
            colours: "",
            tab: Tab::open(shop.address, screen).await,
            other: Tab::open(shop.address, screen.other()).await,
        };
        for colours in ["light", "dark"] {
            inspection.colours = colours;
            inspection.tab.prefer(colours).await;
            inspection.pages_for_visitors().await;
            inspection.refused_forms().await;
            inspection.carts().await;
            inspection.pages_for_members().await;
            inspection.german_pages().await;
            inspection.log_out().await;
            inspection.pages_for_a_long_name().await;
        }
        inspection.tab.close_without_complaints().await;
        inspection.other.close_without_complaints().await;
    }

    async fn pages_for_visitors(&mut self) {
        for (path, name) in [
            ("/", "home"),
            ("/cart", "cart-empty"),
            ("/signup", "sign-up"),
            ("/login", "log-in"),
            ("/take-back", "take-back"),
            ("/policy", "policy"),
            ("/nowhere", "not-found"),
        ] {
            self.visit(path, name).await;
        }
    }

    async fn refused_forms(&mut self) {
        self.tab.go_to("/signup").await;
        sign_up(&mut self.tab, "grace", "password1234567").await;
        self.inspect("sign-up-refused").await;
        self.tab.go_to("/login").await;
        log_in(&mut self.tab, NAME, "wrong").await;
        self.inspect("log-in-refused").await;
    }

    async fn carts(&mut self) {
        for product in [1, 3, 4] {
            let button = format!("li:nth-child({product}) form button");
            self.tab.go_to("/").await;
            self.tab.follow(&button).await;
        }
        self.inspect("cart").await;
        self.tab.go_to("/").await;
        self.tab.fill_in(&[("quantity", "99")]).await;
        self.tab.follow("li:nth-child(1) form button").await;
        self.inspect("cart-full").await;
    }

    async fn pages_for_members(&mut self) {
        for tab in [&mut self.other, &mut self.tab] {
            tab.go_to("/login").await;
            log_in(tab, NAME, PASSWORD).await;
        }
        for (path, name) in [
            ("/account", "account"),
            ("/account/devices", "devices"),
            ("/account/password", "password"),
            ("/confirm", "confirm"),
        ] {
            self.visit(path, name).await;
        }
        self.tab.go_to("/account/devices").await;
        self.tab.follow("button[name=session]").await;
        self.inspect("device-logged-out").await;
    }

    async fn german_pages(&mut self) {
        self.tab.follow("footer button[lang=de]").await;
        for (path, name) in [
            ("/", "home-german"),
            ("/cart", "cart-german"),
            ("/account/devices", "devices-german"),
        ] {
            self.visit(path, name).await;
        }
    }

    async fn log_out(&mut self) {
        self.tab.follow("header form button").await;
        self.inspect("goodbye").await;
    }

    async fn pages_for_a_long_name(&mut self) {
        let name = format!("{}-{}", "m".repeat(24), self.colours);
        self.tab.go_to("/signup").await;
        sign_up(&mut self.tab, &name, NEW_PASSWORD).await;
        for (path, page) in [
            ("/", "home-long-name"),
            ("/account", "account-long-name"),
            ("/account/devices", "devices-long-name"),
            ("/account/password", "password-long-name"),
            ("/confirm", "confirm-long-name"),
        ] {
            self.visit(path, page).await;
        }
        self.tab.follow("header form button").await;
    }

    async fn visit(&mut self, path: &str, name: &str) {
        self.tab.go_to(path).await;
        self.inspect(name).await;
    }

    async fn inspect(&mut self, name: &str) {
        let file = self.screen.file(self.colours, name);
        inspect(&mut self.tab, &file).await;
    }
}

/// Takes a screenshot of the page and asserts that everybody can use the page.
async fn inspect(tab: &mut Tab, name: &str) {
    tab.take_screenshot(&screenshots(), name).await;
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

#[tokio::test]
async fn every_page_is_usable_on_a_desktop() {
    Inspection::all_pages(Screen::Desktop).await;
}

#[tokio::test]
async fn every_page_is_usable_on_a_phone() {
    Inspection::all_pages(Screen::Phone).await;
}

#[tokio::test]
async fn the_page_for_a_failure_is_usable_on_both() {
    let store = TestStore::new();
    let shop = TestShop::open_with_store(prefixed_config(), store.session_store()).await;
    for screen in [Screen::Desktop, Screen::Phone] {
        let mut tab = Tab::open(shop.address, screen).await;
        tab.go_to("/").await;
        tab.follow("footer button[lang=en]").await;
        store.set_dead(true);
        tab.go_to("/").await;
        inspect(&mut tab, &screen.file("light", "failure")).await;
        store.set_dead(false);
        tab.close_without_complaints().await;
    }
}
