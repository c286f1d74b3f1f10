//! The replacement of the key for the session cookie.

use pavex::cookie::Key;

use crate::support::{Response, TestShop, TestStore, dev_config, get, post, with_keys};

/// Opens two shops with one store, the second of which has the new key.
async fn servers(old: &Key, new: &Key, fallbacks: &[Key]) -> (TestShop, TestShop) {
    let store = TestStore::new();
    let before =
        TestShop::open_with_store(with_keys(dev_config(), old, &[]), store.session_store()).await;
    let after = TestShop::open_with_store(
        with_keys(dev_config(), new, fallbacks),
        store.session_store(),
    )
    .await;
    (before, after)
}

fn is_german(page: &Response) -> bool {
    page.body.contains("<html lang=\"de\">")
}

#[tokio::test]
async fn a_cookie_under_an_old_key_is_valid_while_that_is_a_fallback() {
    let (old, new) = (Key::generate(), Key::generate());
    let (before, after) = servers(&old, &new, std::slice::from_ref(&old)).await;
    let cookie = post(before.address, "/language", "", "language=de")
        .await
        .cookie_pair();
    let page = get(before.address, "/", &[cookie.as_bytes()]).await;
    assert_eq!(page.visits(), 1);

    let page = get(after.address, "/", &[cookie.as_bytes()]).await;
    assert_eq!(page.visits(), 2, "server-side state");
    assert!(is_german(&page), "client-side state");

    // The second shop writes its cookies with the new key.
    let renewed = post(after.address, "/language", &cookie, "language=en")
        .await
        .cookie_pair();
    let page = get(after.address, "/", &[renewed.as_bytes()]).await;
    assert!(page.visits() == 3 && !is_german(&page));
    assert_eq!(
        get(before.address, "/", &[renewed.as_bytes()])
            .await
            .visits(),
        0
    );
}

#[tokio::test]
async fn a_cookie_under_a_withdrawn_key_is_ignored() {
    let (old, new) = (Key::generate(), Key::generate());
    let (before, after) = servers(&old, &new, &[]).await;
    let cookie = post(before.address, "/language", "", "language=de")
        .await
        .cookie_pair();
    let page = get(after.address, "/", &[cookie.as_bytes()]).await;
    assert!(page.visits() == 0 && !is_german(&page));
}
