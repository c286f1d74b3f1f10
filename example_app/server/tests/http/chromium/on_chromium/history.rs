//! The Back button after a log-out.

use session::config::PageCaching;

use super::{NAME, PASSWORD, Screen, Tab, log_in};
use crate::support::{TestShop, prefixed_config};

/// The arguments of a browser whose Back button requests each page again, or takes it from the HTTP
/// cache.
const WITHOUT_BACK_FORWARD_CACHE: &[&str] = &["--disable-features=BackForwardCache"];

const WITH_BACK_FORWARD_CACHE: &[&str] = &[];

/// A part of the cart which only members see.
const FOR_MEMBERS: &str = "action=\"/logout\"";

/// Returns `true` if the browser shows the cart of a member after their log-out.
async fn shows_the_cart_after_the_log_out(pages: PageCaching, arguments: &[&str]) -> bool {
    let mut config = prefixed_config();
    config.session.caching.pages = pages;
    let shop = TestShop::open_with(config, |shop| shop).await;
    let mut tab = Tab::open_with(arguments, shop.address, Screen::Desktop).await;
    tab.go_to("/login").await;
    log_in(&mut tab, NAME, PASSWORD).await;
    tab.go_to("/cart").await;
    assert!(tab.shows(FOR_MEMBERS).await);
    tab.go_to("/policy").await;
    let is_restored = tab.go_back().await;
    assert_eq!(is_restored, arguments.is_empty(), "before the log-out");
    tab.follow("header form button").await;
    assert_eq!(tab.path().await, "/goodbye");
    tab.go_back().await;
    assert_eq!(tab.path().await, "/cart");
    let shown = tab.shows(FOR_MEMBERS).await;
    tab.close_without_complaints().await;
    shown
}

#[tokio::test]
async fn the_back_button_shows_no_page_of_a_session_that_was_logged_out() {
    let pages = prefixed_config().session.caching.pages;
    for arguments in [WITH_BACK_FORWARD_CACHE, WITHOUT_BACK_FORWARD_CACHE] {
        assert!(!shows_the_cart_after_the_log_out(pages, arguments).await);
    }
    let private = PageCaching::Private;
    assert!(!shows_the_cart_after_the_log_out(private, WITHOUT_BACK_FORWARD_CACHE).await);
}

/// The reason for `session.caching.pages: no_store` in the configuration of the shop. Chromium 156
/// obeys `Clear-Site-Data`, but leaves its back/forward cache as it is.
#[tokio::test]
async fn the_back_forward_cache_shows_a_page_that_may_be_stored_after_a_log_out() {
    let private = PageCaching::Private;
    assert!(shows_the_cart_after_the_log_out(private, WITH_BACK_FORWARD_CACHE).await);
}
