//! The attributes of all session cookies, parsed by the crate `cookie`.

use cookie::{Cookie, SameSite};

use crate::support::{Browser, Response, TestShop, get, post, prefixed_config};

/// Asserts the attributes that every session cookie has, also the one that removes it.
#[track_caller]
fn assert_attributes(cookie: &Cookie<'_>, shop: &TestShop) {
    let config = &shop.config.session.cookie;
    assert_eq!(cookie.name(), config.name);
    assert_eq!(cookie.path(), Some("/"));
    assert_eq!(cookie.domain(), None);
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(SameSite::Lax));
    assert_eq!(cookie.secure().unwrap_or(false), config.secure);
    assert_eq!(cookie.partitioned(), None);
    assert_eq!(cookie.expires(), None);
}

/// The longest idle timeout of a session, if its cookie outlives the browser.
type Kept = Option<time::Duration>;

const ANONYMOUS: Kept = Some(time::Duration::hours(2));
const LOGGED_IN: Kept = None;
const REMEMBERED: Kept = Some(time::Duration::days(14));

#[track_caller]
fn assert_set(response: &Response, shop: &TestShop, kept: Kept) -> String {
    let cookies = response.cookies();
    assert_eq!(cookies.len(), 1, "{response:?}");
    assert_attributes(&cookies[0], shop);
    let max_age = cookies[0].max_age();
    assert_eq!(max_age.is_some(), kept.is_some(), "{response:?}");
    if let (Some(max_age), Some(timeout)) = (max_age, kept) {
        assert!(max_age > timeout - time::Duration::MINUTE, "{max_age}");
        assert!(max_age <= timeout, "{max_age}");
    }
    assert!(!cookies[0].value().is_empty());
    assert_eq!(response.headers("cache-control"), ["private, no-store"]);
    response.cookie_pair()
}

#[track_caller]
fn assert_removed(response: &Response, shop: &TestShop) {
    let cookies = response.cookies();
    assert_eq!(cookies.len(), 1, "{response:?}");
    assert_attributes(&cookies[0], shop);
    assert_eq!(cookies[0].max_age(), Some(time::Duration::ZERO));
}

async fn check_whole_life(shop: &TestShop) {
    let at = shop.address;
    let cookie = assert_set(&Browser::new(at).start_session().await, shop, ANONYMOUS);
    assert!(
        get(at, "/", &[cookie.as_bytes()])
            .await
            .cookies()
            .is_empty()
    );
    let in_cart = post(at, "/cart", &cookie, "product=ink&quantity=1").await;
    assert!(in_cart.cookies().is_empty(), "{in_cart:?}");
    let german = post(at, "/language", &cookie, "language=de").await;
    let cookie = assert_set(&german, shop, ANONYMOUS);
    let form = "name=ada&password=analytical+engine";
    let cookie = assert_set(&post(at, "/login", &cookie, form).await, shop, LOGGED_IN);
    let form = "name=ada&password=analytical+engine&stay=on";
    let remembered = post(at, "/login", &cookie, form).await;
    let cookie = assert_set(&remembered, shop, REMEMBERED);
    let confirmed = post(at, "/confirm", &cookie, "password=analytical+engine").await;
    let cookie = assert_set(&confirmed, shop, REMEMBERED);
    let account = get(at, "/account", &[cookie.as_bytes()]).await;
    assert_eq!((account.status, account.cookies().len()), (200, 0));
    assert_removed(&post(at, "/logout", &cookie, "").await, shop);
}

#[tokio::test]
async fn the_cookie_in_development_works_over_plain_http() {
    let shop = TestShop::open().await;
    assert_eq!(
        (shop.cookie_name(), shop.config.session.cookie.secure),
        ("example_id", false)
    );
    check_whole_life(&shop).await;
}

/// A newcomer runs both on one machine, and browsers send a cookie to all ports of a host.
#[tokio::test]
async fn the_cookie_in_development_has_another_name_than_that_of_the_quick_start() {
    let shop = TestShop::open().await;
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains("    name: \"shop_id\""));
    assert!(!readme.contains(shop.cookie_name()));
}

#[tokio::test]
async fn the_cookie_by_default_is_secure_and_bound_to_the_host() {
    let shop = TestShop::open_with(prefixed_config(), |shop| shop).await;
    assert_eq!(
        (shop.cookie_name(), shop.config.session.cookie.secure),
        ("__Host-Http-id", true)
    );
    check_whole_life(&shop).await;
}

#[tokio::test]
async fn a_cookie_jar_keeps_the_cookie_until_the_log_out() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    assert!(browser.cookie().unwrap().starts_with("example_id="));
    browser.log_out().await;
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn a_log_out_without_a_session_sends_no_cookie() {
    let shop = TestShop::open().await;
    let response = post(shop.address, "/logout", "other=1", "").await;
    assert_eq!(response.location(), "/goodbye");
    assert!(response.cookies().is_empty(), "{response:?}");
}
