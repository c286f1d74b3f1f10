//! The limit of the cart.

use crate::support::{Browser, Response, TestShop, TestStore, dev_config};

#[track_caller]
fn assert_refused(response: &Response) {
    assert_eq!(response.status, 409, "{response:?}");
    for text in ["Your cart is full", "Nothing was changed", "href=\"/cart\""] {
        assert!(response.body.contains(text), "{text}: {}", response.body);
    }
}

#[tokio::test]
async fn a_full_cart_refuses_more_items_and_stays_as_it_was() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 99).await;
    assert_refused(&browser.add_to_cart("ink", 1).await);
    assert_refused(&browser.add_to_cart("clips", 99).await);
    let change = [("product", "clips"), ("quantity", "1")];
    assert_refused(&browser.post("/cart/change", &change).await);
    assert_eq!(browser.get("/cart").await.cart_count(), 99);

    let change = [("product", "ink"), ("quantity", "98")];
    assert_eq!(
        browser.post("/cart/change", &change).await.location(),
        "/cart"
    );
    assert_eq!(browser.add_to_cart("clips", 1).await.location(), "/cart");
}

#[tokio::test]
async fn a_cart_that_a_parallel_request_has_filled_refuses_more_items() {
    let store = TestStore::new();
    let shop = TestShop::open_with_store(dev_config(), store.session_store()).await;
    let browser = Browser::new(shop.address);
    browser.start_session().await;

    store.gate().shut();
    let (one, other) = (browser.clone(), browser.clone());
    let one = tokio::spawn(async move { one.add_to_cart("ink", 60).await });
    let other = tokio::spawn(async move { other.add_to_cart("ink", 60).await });
    // Both have found room in the cart.
    store.gate().queue_of(2).await;
    store.gate().open();

    let mut responses = [one.await.unwrap(), other.await.unwrap()];
    responses.sort_by_key(|response| response.status);
    assert_eq!(responses[0].location(), "/cart");
    assert_refused(&responses[1]);
    assert_eq!(browser.get("/cart").await.cart_count(), 60);
}
