//! The pages and the headers of the responses.

use crate::support::{Browser, TestShop, dev_config, get, prefixed_config, request};

#[tokio::test]
async fn the_health_check_and_the_assets_do_not_touch_the_session() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    let cookie = browser.cookie().unwrap();
    for path in ["/health", "/assets/style.css", "/assets/icon.svg"] {
        for cookies in [&[][..], &[cookie.as_bytes()]] {
            let response = get(shop.address, path, cookies).await;
            assert_eq!(response.status, 200);
            assert!(response.headers("set-cookie").is_empty(), "{response:?}");
            assert!(response.headers("vary").is_empty(), "{response:?}");
        }
    }
}

#[tokio::test]
async fn a_change_of_an_existing_session_sends_no_cookie() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let first = browser.start_session().await;
    assert_eq!(first.cookies().len(), 1);
    assert_eq!(first.headers("cache-control"), ["private, no-store"]);
    let second = browser.get("/").await;
    assert_eq!(second.visits(), 1);
    assert!(second.headers("set-cookie").is_empty(), "{second:?}");
    assert_eq!(second.headers("vary"), ["Accept-Language", "Cookie"]);
    assert_eq!(second.headers("cache-control"), ["private, no-store"]);
}

#[tokio::test]
async fn a_page_that_writes_nothing_sends_a_new_visitor_no_cookie() {
    let shop = TestShop::open().await;
    for path in ["/", "/cart", "/login", "/account", "/nowhere"] {
        let response = get(shop.address, path, &[]).await;
        assert!(response.headers("set-cookie").is_empty(), "{response:?}");
        assert!(response.headers("vary").contains(&"Cookie"), "{path}");
    }
}

#[tokio::test]
async fn the_language_form_redirects_to_local_pages_only() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    for (next, leads_to) in [
        ("/cart", "/cart"),
        ("/login?next=/account", "/login?next=/account"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example", "/"),
        ("/x\r\nSet-Cookie: id=1", "/"),
        ("", "/"),
    ] {
        let response = browser
            .post("/language", &[("language", "de"), ("next", next)])
            .await;
        assert_eq!(response.location(), leads_to, "{next:?}");
    }
    let refused = browser
        .post("/language", &[("language", "xx"), ("next", "/")])
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("nicht in dieser Sprache"));
}

#[tokio::test]
async fn the_log_in_redirects_to_local_pages_only() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let form = browser.get("/login?next=https%3A%2F%2Fevil.example").await;
    assert!(
        form.body.contains("name=\"next\" value=\"/\""),
        "{}",
        form.body
    );
    let form = [
        ("name", crate::support::NAME),
        ("password", crate::support::PASSWORD),
        ("next", "//evil.example"),
    ];
    assert_eq!(browser.post("/login", &form).await.location(), "/");
}

#[tokio::test]
async fn an_unknown_path_or_method_gets_a_page_of_the_shop() {
    let shop = TestShop::open().await;
    let missing = get(shop.address, "/%3Cscript%3E", &[]).await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("Page not found"), "{}", missing.body);
    assert!(!missing.body.contains("script"), "{}", missing.body);
    let wrong_method = request(shop.address, "DELETE", "/cart", &[], "").await;
    assert_eq!(wrong_method.status, 405);
    assert_eq!(wrong_method.headers("allow"), ["GET,POST"]);
}

#[tokio::test]
async fn no_response_allows_frames_or_other_scripts_than_the_one_of_the_shop() {
    let shop = TestShop::open().await;
    for (path, status) in [
        ("/", 200),
        ("/cart", 200),
        ("/login", 200),
        ("/health", 200),
        ("/assets/style.css", 200),
        ("/account", 303),
        ("/nowhere", 404),
    ] {
        let response = get(shop.address, path, &[]).await;
        assert_eq!(response.status, status, "{path}");
        let policy = response.headers("content-security-policy");
        let [policy] = policy[..] else {
            panic!("{path}: {response:?}");
        };
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(policy.matches("script-src 'sha256-").count(), 1, "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(response.headers("x-content-type-options"), ["nosniff"]);
        assert!(!response.body.contains("<script") && !response.body.contains(" style="));
    }
}

#[tokio::test]
async fn pages_for_members_are_not_stored_by_the_browser() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    for path in [
        "/account",
        "/account/devices",
        "/account/password",
        "/confirm",
    ] {
        let page = browser.get(path).await;
        assert_eq!(
            page.headers("cache-control"),
            ["private, no-store"],
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_policy_page_lists_the_rules_of_the_policy() {
    let shop = TestShop::open().await;
    let page = get(shop.address, "/policy", &[]).await;
    assert_eq!(page.status, 200);
    for words in [
        "A session ends after 1 day without activity",
        "<code>example_id</code>",
        "A principal may have 20 sessions",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.cookies().is_empty(), "{page:?}");
}

#[tokio::test]
async fn a_log_out_leaves_nothing_in_the_browser() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    browser.log_in().await;
    let goodbye = browser.log_out().await;
    let page = browser.get(goodbye.location()).await;
    assert!(page.body.contains("You are logged out"), "{}", page.body);
    assert_eq!((browser.cookie(), page.cart_count()), (None, 0));

    browser.add_to_cart("ink", 1).await;
    let untrue = browser.get("/goodbye").await;
    assert_eq!(untrue.location(), "/", "there is a session again");
}

#[tokio::test]
async fn the_pages_are_in_the_language_of_the_browser_until_the_visitor_chooses() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let german = [("Accept-Language", "de-AT,de;q=0.9,en;q=0.5")];
    let page = browser.post_with("/login", &[], &german).await;
    assert!(page.body.contains("<html lang=\"de\">"), "{}", page.body);
    let english = [("language", "en"), ("next", "/")];
    browser.post("/language", &english).await;
    let page = browser.post_with("/login", &[], &german).await;
    assert!(page.body.contains("<html lang=\"en\">"), "{}", page.body);
}

#[tokio::test]
async fn a_shop_behind_https_is_visited_over_https_only() {
    for (config, expected) in [
        (dev_config(), &[][..]),
        (prefixed_config(), &["max-age=63072000; includeSubDomains"]),
    ] {
        let shop = TestShop::open_with(config, |shop| shop).await;
        for path in ["/", "/health", "/nowhere"] {
            let response = get(shop.address, path, &[]).await;
            let hsts = response.headers("strict-transport-security");
            assert_eq!(hsts, expected, "{path}");
        }
    }
}
