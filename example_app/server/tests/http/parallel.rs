//! Parallel requests of one browser.

use tokio::task::JoinSet;

use crate::support::{Browser, TestShop, TestStore, dev_config, get};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_additions_to_the_cart_are_all_kept() {
    check_parallel_additions(TestShop::open().await).await;
}

pub(crate) async fn check_parallel_additions(shop: TestShop) {
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    for round in 1..=5 {
        let mut requests = JoinSet::new();
        for _ in 0..8 {
            let browser = browser.clone();
            requests.spawn(async move { browser.add_to_cart("ink", 1).await });
        }
        for response in requests.join_all().await {
            assert_eq!(response.location(), "/cart");
            assert!(response.cookies().is_empty(), "{response:?}");
        }
        assert_eq!(browser.get("/cart").await.cart_count(), round * 8);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_changes_of_different_keys_are_all_kept() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    let mut requests = JoinSet::new();
    for product in ["ink", "clips", "letters", "pencils"] {
        let (visitor, buyer) = (browser.clone(), browser.clone());
        requests.spawn(async move { visitor.get("/").await });
        requests.spawn(async move { buyer.add_to_cart(product, 1).await });
    }
    for response in requests.join_all().await {
        assert!(response.status < 400, "{response:?}");
    }
    let home = browser.get("/").await;
    assert_eq!((home.visits(), home.cart_count()), (5, 4));
}

#[tokio::test]
async fn a_log_out_during_slow_requests_is_final() {
    let store = TestStore::new();
    let shop = TestShop::open_with_store(dev_config(), store.session_store()).await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    let cookie = browser.cookie().unwrap();

    store.gate().shut();
    let mut slow = JoinSet::new();
    for _ in 0..6 {
        let browser = browser.clone();
        slow.spawn(async move { browser.add_to_cart("ink", 1).await });
    }
    store.gate().queue_of(6).await;
    assert_eq!(browser.log_out().await.location(), "/goodbye");
    assert_eq!(store.len(), 0);
    store.gate().open();

    for response in slow.join_all().await {
        assert_eq!(response.status, 409, "the item is not in a cart");
        assert!(
            response.cookies().is_empty(),
            "neither set nor removed: {response:?}"
        );
    }
    assert_eq!(store.len(), 0, "nothing came back");
    assert_eq!(browser.cookie(), None);
    let replayed = get(shop.address, "/account", &[cookie.as_bytes()]).await;
    assert_eq!(replayed.location(), "/login?next=/account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_out_among_parallel_requests_is_final() {
    let store = TestStore::new();
    let shop = TestShop::open_with_store(dev_config(), store.session_store()).await;
    for _ in 0..10 {
        let browser = Browser::new(shop.address);
        browser.log_in().await;
        let cookie = browser.cookie().unwrap();
        let mut requests = JoinSet::new();
        for n in 0..12 {
            // Each request has the cookie of the log-in, even after the jar has dropped it.
            let (address, cookie, browser) = (shop.address, cookie.clone(), browser.clone());
            requests.spawn(async move {
                match n {
                    6 => browser.log_out().await,
                    _ => {
                        let form = "product=ink&quantity=1";
                        crate::support::post(address, "/cart", &cookie, form).await
                    }
                }
            });
        }
        let responses = requests.join_all().await;
        assert!(
            // The cart of a request that the log-out overtakes is not saved.
            responses.iter().all(|it| [303, 409].contains(&it.status)),
            "{responses:?}"
        );
        let replayed = get(shop.address, "/account", &[cookie.as_bytes()]).await;
        assert_eq!(replayed.location(), "/login?next=/account");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parallel_log_ins_both_succeed() {
    let shop = TestShop::open().await;
    for _ in 0..10 {
        let browser = Browser::new(shop.address);
        browser.add_to_cart("ink", 1).await;
        let mut clicks = JoinSet::new();
        for _ in 0..2 {
            let browser = browser.clone();
            clicks.spawn(async move { browser.log_in().await });
        }
        for response in clicks.join_all().await {
            assert_eq!(response.location(), "/account");
        }
        assert_eq!(browser.get("/account").await.status, 200);
    }
}
