//! The shop while its store fails.

use crate::support::{Browser, TestShop, TestStore, dev_config, get};

async fn shop() -> (TestShop, TestStore) {
    let store = TestStore::new();
    (
        TestShop::open_with_store(dev_config(), store.session_store()).await,
        store.clone(),
    )
}

#[tokio::test]
async fn a_page_that_needs_a_failing_store_reports_only_that_it_is_unavailable() {
    let (shop, store) = shop().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    store.set_dead(true);
    for path in ["/", "/cart", "/account", "/login"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 503, "{path}");
        assert!(page.body.contains("try again in a minute"), "{}", page.body);
        assert!(
            !page.body.contains("store") && !page.body.contains("db-7"),
            "{}",
            page.body
        );
        assert!(page.cookies().is_empty(), "{page:?}");
    }
    assert_eq!(browser.add_to_cart("ink", 1).await.status, 503);
    store.set_dead(false);
    assert_eq!(browser.get("/cart").await.cart_count(), 2);
}

#[tokio::test]
async fn a_first_item_that_cannot_be_saved_sends_no_cookie() {
    let (shop, store) = shop().await;
    store.set_dead(true);
    let page = Browser::new(shop.address).add_to_cart("ink", 1).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Something went wrong") && page.cookies().is_empty());
}

#[tokio::test]
async fn a_failed_log_out_shows_an_error_and_keeps_the_cookie() {
    let (shop, store) = shop().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    store.set_dead(true);
    let response = browser.log_out().await;
    assert_eq!(response.status, 503);
    assert!(
        response.cookies().is_empty(),
        "the browser keeps its cookie: {response:?}"
    );
    store.set_dead(false);
    assert_eq!(browser.log_out().await.location(), "/goodbye");
    assert_eq!((browser.cookie(), store.len()), (None, 0));
}

#[tokio::test]
async fn no_page_for_a_stranger_uses_the_store() {
    let (shop, store) = shop().await;
    store.set_dead(true);
    for (path, status) in [
        ("/", 200),
        ("/cart", 200),
        ("/login", 200),
        ("/signup", 200),
        ("/take-back", 200),
        ("/policy", 200),
        ("/goodbye", 200),
        ("/health", 200),
        ("/account", 303),
        ("/nowhere", 404),
    ] {
        assert_eq!(get(shop.address, path, &[]).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_page_that_shows_a_recent_session_needs_the_store_once() {
    let store = TestStore::new();
    let mut config = dev_config();
    config.session.store.recent = std::time::Duration::from_secs(60);
    let shop = TestShop::open_with_store(config, store.session_store()).await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    assert_eq!(browser.get("/policy").await.cart_count(), 2);
    browser.add_to_cart("ink", 1).await;
    assert_eq!(browser.get("/policy").await.cart_count(), 3);
    store.set_dead(true);
    assert_eq!(browser.get("/policy").await.cart_count(), 3);
    assert_eq!(browser.get("/cart").await.status, 503);
}
