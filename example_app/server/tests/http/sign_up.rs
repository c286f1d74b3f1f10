//! The sign-up of new members.

use crate::support::{Browser, NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, TestShop, get};

#[tokio::test]
async fn a_new_member_is_logged_in_and_keeps_the_cart() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    assert_eq!(
        browser.sign_up("grace", NEW_PASSWORD).await.location(),
        "/account"
    );
    let account = browser.get("/account").await;
    assert!(account.is_for_member() && account.body.contains("grace"));
    assert_eq!(account.cart_count(), 2);
    assert_eq!(
        account.flash(),
        Some("Welcome to Inkwell! You are now logged in.")
    );
    let again = browser.get("/account").await;
    assert_eq!(again.flash(), None, "a message is shown once");

    let elsewhere = Browser::new(shop.address);
    let logged_in = elsewhere.log_in_as("grace", NEW_PASSWORD).await;
    assert_eq!(logged_in.location(), "/account");
}

#[tokio::test]
async fn a_cookie_from_before_the_sign_up_is_worthless_after_it() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    let planted = browser.cookie().unwrap();
    browser.sign_up("grace", NEW_PASSWORD).await;
    let attacker = get(shop.address, "/cart", &[planted.as_bytes()]).await;
    assert!(!attacker.is_for_member(), "{attacker:?}");
    assert_eq!(attacker.cart_count(), 0);
}

#[tokio::test]
async fn a_refused_sign_up_is_explained_and_keeps_the_name() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let too_long = "ab".repeat(200);
    for (name, password, repetition, explanation) in [
        (NAME, NEW_PASSWORD, NEW_PASSWORD, "This name is taken"),
        (
            "Ada",
            NEW_PASSWORD,
            NEW_PASSWORD,
            "choose a name of 2 to 30",
        ),
        ("", NEW_PASSWORD, NEW_PASSWORD, "choose a name of 2 to 30"),
        (
            "a b",
            NEW_PASSWORD,
            NEW_PASSWORD,
            "choose a name of 2 to 30",
        ),
        ("grace", "engine7", "engine7", "too short"),
        ("grace", &too_long, &too_long, "too long"),
        (
            "grace",
            "password1234567",
            "password1234567",
            "easy to guess",
        ),
        (
            "grace",
            "Grace1906Grace1906",
            "Grace1906Grace1906",
            "easy to guess",
        ),
        ("grace", NEW_PASSWORD, "difference engin", "do not match"),
    ] {
        let form = [
            ("name", name),
            ("password", password),
            ("repetition", repetition),
        ];
        let refused = browser.post("/signup", &form).await;
        assert_eq!(refused.status, 422, "{name} {password}");
        let body = &refused.body;
        assert!(body.contains("role=\"alert\""), "{body}");
        assert!(body.contains(explanation), "{name} {password}: {body}");
        assert!(body.contains(&format!("value=\"{name}\"")), "{body}");
        assert!(!body.contains(password), "{body}");
        assert!(refused.cookies().is_empty(), "{refused:?}");
    }
    let refused = browser.log_in_as("grace", "password1234567").await;
    assert_eq!(refused.status, 401, "no member was added");
    assert_eq!(browser.log_in_as(NAME, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn one_of_two_parallel_sign_ups_gets_the_name() {
    check_parallel_sign_ups(TestShop::open().await).await;
}

pub(crate) async fn check_parallel_sign_ups(shop: TestShop) {
    let (one, other) = (Browser::new(shop.address), Browser::new(shop.address));
    let (one, other) = tokio::join!(
        one.sign_up("grace", NEW_PASSWORD),
        other.sign_up("grace", OTHER_PASSWORD)
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    shop.close().await;
}

#[tokio::test]
async fn the_sign_up_redirects_to_local_pages_only() {
    let shop = TestShop::open().await;
    for (name, next) in [("one", "//evil.example"), ("two", "https://evil.example")] {
        let browser = Browser::new(shop.address);
        let query: String = next.replace('/', "%2F");
        let form = browser.get(&format!("/signup?next={query}")).await;
        assert!(form.body.contains("name=\"next\" value=\"/\""));
        let form = [
            ("name", name),
            ("password", NEW_PASSWORD),
            ("repetition", NEW_PASSWORD),
            ("next", next),
        ];
        assert_eq!(browser.post("/signup", &form).await.location(), "/");
    }
}
