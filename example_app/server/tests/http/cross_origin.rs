//! Requests that pages of other sites make a browser send.

use crate::support::{Browser, TestShop, get};

/// All routes that change something.
const ROUTES: [&str; 13] = [
    "/cart",
    "/cart/change",
    "/cart/clear",
    "/language",
    "/login",
    "/logout",
    "/signup",
    "/take-back",
    "/confirm",
    "/account/password",
    "/account/devices/log-out",
    "/account/devices/log-out-others",
    "/account/devices/log-out-everywhere",
];

/// The fields of all forms of the shop.
const FORM: [(&str, &str); 7] = [
    ("product", "ink"),
    ("quantity", "1"),
    ("name", "mallory"),
    ("password", "punched cards of brass"),
    ("repetition", "punched cards of brass"),
    ("current", "analytical engine"),
    ("language", "de"),
];

#[tokio::test]
async fn a_form_on_another_site_is_refused_and_changes_nothing() {
    let shop = TestShop::open().await;
    let (here, there) = (Browser::new(shop.address), Browser::new(shop.address));
    there.log_in().await;
    here.add_to_cart("ink", 2).await;
    here.log_in().await;
    let cookie = here.cookie();
    for path in ROUTES {
        for headers in [
            &[("Origin", "https://evil.example")][..],
            &[("Origin", "null")],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
        ] {
            assert_refused(&here, path, headers).await;
        }
    }
    assert_eq!(here.cookie(), cookie);
    let account = here.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert!(account.body.contains("<html lang=\"en\">"));
    assert_eq!(there.get("/account").await.status, 200);
    let login = there.log_in_as("mallory", "punched cards of brass").await;
    assert_eq!(login.status, 401);
}

async fn assert_refused(browser: &Browser, path: &str, headers: &[(&'static str, &str)]) {
    let refused = browser.post_with(path, &FORM, headers).await;
    assert_eq!(refused.status, 403, "{path} {headers:?}");
    let body = &refused.body;
    assert!(body.contains("from another website"), "{body}");
    assert_eq!(refused.headers("x-content-type-options"), ["nosniff"]);
    assert!(refused.cookies().is_empty(), "{path} {refused:?}");
}

#[tokio::test]
async fn a_form_on_this_site_is_accepted() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let form = [("product", "ink"), ("quantity", "1")];
    let own = format!("http://{}", shop.address);
    for headers in [
        &[("Origin", own.as_str())][..],
        &[("Sec-Fetch-Site", "same-origin"), ("Origin", &own)],
        &[("Sec-Fetch-Site", "none")],
        &[],
    ] {
        let accepted = browser.post_with("/cart", &form, headers).await;
        assert_eq!(accepted.location(), "/cart", "{headers:?}");
    }
}

#[tokio::test]
async fn a_link_on_another_site_changes_nothing() {
    let shop = TestShop::open().await;
    for path in ROUTES {
        let answer = get(shop.address, path, &[]).await;
        assert!(answer.cookies().is_empty(), "{path} {answer:?}");
    }
}
