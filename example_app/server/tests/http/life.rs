//! The life of a session from the first item in the cart to the log-out.

use crate::support::{Browser, NAME, TestShop};

#[tokio::test]
async fn a_session_lasts_from_the_first_item_to_the_log_out() {
    check_whole_life(TestShop::open().await).await;
}

pub(crate) async fn check_whole_life(shop: TestShop) {
    let browser = Browser::new(shop.address);
    assert_eq!(browser.get("/").await.visits(), 0);
    assert_eq!(browser.cookie(), None);
    fill_cart(&browser).await;
    assert_eq!(browser.get("/").await.visits(), 1);
    assert_eq!(browser.get("/").await.visits(), 2);
    choose_german(&browser).await;
    log_in(&browser).await;
    log_out(&browser).await;
    shop.close().await;
}

async fn fill_cart(browser: &Browser) {
    assert_eq!(browser.add_to_cart("ink", 2).await.location(), "/cart");
    assert_eq!(browser.add_to_cart("letters", 1).await.location(), "/cart");
    let cart = browser.get("/cart").await;
    assert_eq!(cart.cart_count(), 3);
    assert!(cart.body.contains("Paper &#38; envelopes"), "{}", cart.body);
    assert!(cart.body.contains("€30.60"), "{}", cart.body);
}

async fn choose_german(browser: &Browser) {
    let german = [("language", "de"), ("next", "/cart")];
    assert_eq!(browser.post("/language", &german).await.location(), "/cart");
    let cart = browser.get("/cart").await;
    assert!(cart.body.contains("<html lang=\"de\">"), "{}", cart.body);
    assert!(
        cart.body.contains("Tinte") && cart.body.contains("30,60"),
        "{}",
        cart.body
    );
}

async fn log_in(browser: &Browser) {
    let turned_away = browser.get("/account").await;
    assert_eq!(turned_away.location(), "/login?next=/account");
    let form = browser.get(turned_away.location()).await;
    assert!(
        form.body.contains("name=\"next\" value=\"/account\""),
        "{}",
        form.body
    );
    assert_eq!(browser.log_in().await.location(), "/account");

    let account = browser.get("/account").await;
    assert_eq!(account.status, 200);
    assert!(account.body.contains(NAME), "{}", account.body);
    assert_eq!(account.cart_count(), 3, "the cart survives the log-in");
    assert!(
        account.body.contains("Willkommen"),
        "the language survives the log-in"
    );
}

async fn log_out(browser: &Browser) {
    assert_eq!(browser.log_out().await.location(), "/goodbye");
    assert_eq!(browser.cookie(), None);
    let home = browser.get("/").await;
    assert_eq!((home.visits(), home.cart_count()), (0, 0));
    assert!(home.body.contains("<html lang=\"en\">") && !home.is_for_member());
}

#[tokio::test]
async fn the_cart_can_be_changed_and_emptied() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let change = |quantity| [("product", "ink"), ("quantity", quantity)];
    browser.add_to_cart("ink", 2).await;
    browser.add_to_cart("clips", 1).await;

    browser.post("/cart/change", &change("5")).await;
    assert_eq!(browser.get("/cart").await.cart_count(), 6);
    browser.post("/cart/change", &change("0")).await;
    assert_eq!(browser.get("/cart").await.cart_count(), 1);
    browser.post("/cart/clear", &[]).await;
    let cart = browser.get("/cart").await;
    assert!(cart.body.contains("nothing in your cart"), "{}", cart.body);
}

#[tokio::test]
async fn refused_input_changes_nothing() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    for form in [
        &[("product", "typewriter"), ("quantity", "1")][..],
        &[("product", "ink"), ("quantity", "0")],
        &[("product", "ink"), ("quantity", "100")],
        &[("product", "ink"), ("quantity", "-1")],
        &[("product", "ink"), ("quantity", "<b>1</b>")],
        &[("product", "ink")],
        &[],
    ] {
        for path in ["/cart", "/cart/change"] {
            if path == "/cart/change" && form.contains(&("quantity", "0")) {
                continue;
            }
            let refused = browser.post(path, form).await;
            assert_eq!(refused.status, 400, "{path} {form:?}");
            assert!(
                refused.body.contains("Nothing was changed"),
                "{}",
                refused.body
            );
            assert!(!refused.body.contains("<b>1"), "{}", refused.body);
        }
    }
    assert_eq!(browser.get("/cart").await.cart_count(), 2);
}

#[tokio::test]
async fn two_browsers_have_two_sessions() {
    let shop = TestShop::open().await;
    let (one, other) = (Browser::new(shop.address), Browser::new(shop.address));
    one.add_to_cart("ink", 2).await;
    one.log_in().await;
    other.add_to_cart("clips", 1).await;
    assert_eq!(one.get("/cart").await.cart_count(), 2);
    let others = other.get("/cart").await;
    assert!(others.cart_count() == 1 && !others.is_for_member());
}
