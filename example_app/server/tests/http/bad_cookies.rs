//! Arbitrary `Cookie` headers: the visitor gets a page in any case.

use cookie::Cookie;

use crate::support::{Browser, Response, TestShop, get, prefixed_config};

/// Asserts that the page is that for a stranger.
#[track_caller]
fn assert_anonymous(page: &Response, what: &str) {
    assert_eq!(page.status, 200, "{what}");
    assert_eq!((page.visits(), page.cart_count()), (0, 0), "{what}");
    assert!(!page.is_for_member(), "{what}");
    let is_removal = |cookie: &Cookie<'_>| cookie.value().is_empty();
    assert!(page.cookies().iter().all(is_removal), "no session: {what}");
}

/// Starts a session, and visits the shop twice. Returns name and value of the cookie.
async fn regular(shop: &TestShop) -> (String, String) {
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    browser.get("/").await;
    browser.get("/").await;
    let cookie = browser.cookie().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn a_cookie_that_the_shop_did_not_make_is_ignored() {
    let shop = TestShop::open().await;
    let foreign_shop = TestShop::open_with(prefixed_config(), |shop| shop).await;
    let (name, value) = regular(&shop).await;
    let foreign = Browser::new(foreign_shop.address).start_session().await;
    let foreign = foreign.cookie_pair();
    let (_, foreign) = foreign.split_once('=').unwrap();
    let middle = value.len() / 2;
    let flipped = if value.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    for (what, value) in [
        ("empty", String::new()),
        ("garbage", "garbage".to_owned()),
        ("only punctuation", "%%%===".to_owned()),
        ("percent-encoded", "%00%ff%0d%0a".to_owned()),
        ("quoted", format!("\"{value}\"")),
        ("truncated", value[..value.len() - 1].to_owned()),
        ("cut in half", value[..middle].to_owned()),
        ("longer", format!("{value}A")),
        ("doubled", format!("{value}{value}")),
        (
            "altered",
            format!("{}{flipped}{}", &value[..middle], &value[middle + 1..]),
        ),
        ("made with a foreign key", foreign.to_owned()),
        ("oversized", "A".repeat(5_000)),
        ("a little below the limit", "A".repeat(4_096)),
        ("in other case", value.to_ascii_uppercase()),
    ] {
        let header = format!("{name}={value}");
        let page = get(shop.address, "/", &[header.as_bytes()]).await;
        assert_anonymous(&page, what);
    }
}

#[tokio::test]
async fn a_cookie_header_of_arbitrary_bytes_is_ignored() {
    let shop = TestShop::open().await;
    for header in [
        &b"example_id=\xff\xfe\xfd"[..],
        "example_id=Schlüssel".as_bytes(),
        b"example_id=\x80",
        b"\xff=\xff",
        b"example_id",
        b"=",
        b";;;;",
        b"example_id; example_id; example_id",
        b"\"",
    ] {
        let page = get(shop.address, "/", &[header]).await;
        assert_anonymous(&page, &format!("{header:?}"));
    }
}

#[tokio::test]
async fn a_cookie_with_another_spelling_of_the_name_is_ignored() {
    let shop = TestShop::open().await;
    let (_, value) = regular(&shop).await;
    for name in [
        "SHOP_ID",
        "Shop_id",
        "shop_i%64",
        "%73hop_id",
        "example_id ",
        "example_id2",
        "xexample_id",
        "__Host-example_id",
        "\"example_id\"",
    ] {
        let header = format!("{name}={value}");
        let page = get(shop.address, "/", &[header.as_bytes()]).await;
        assert_anonymous(&page, name);
    }
}

#[tokio::test]
async fn malformed_neighbours_do_not_hide_the_session_cookie() {
    let shop = TestShop::open().await;
    let (name, value) = regular(&shop).await;
    let ours = format!("{name}={value}");
    let mut visits = 2;
    for (before, after) in [
        (&b"\xff\xfe=%; "[..], &b""[..]),
        (b";;; =; ", b" ;;"),
        (b"\"open; ", b"; \""),
        (b"lone; ", b"; lone"),
        (b"id; id2=x; ", b"; =="),
        (b"a=%ff%fe; ", b"; b=\xc3\xa9"),
    ] {
        let header = [before, ours.as_bytes(), after].concat();
        let page = get(shop.address, "/", &[&header]).await;
        visits += 1;
        assert_eq!(page.visits(), visits, "{header:?}");
    }
    let two_headers: [&[u8]; 2] = [b"\xff\xfe", ours.as_bytes()];
    assert_eq!(
        get(shop.address, "/", &two_headers).await.visits(),
        visits + 1
    );
}

#[tokio::test]
async fn the_authentic_one_of_several_cookies_counts() {
    let shop = TestShop::open().await;
    let (name, value) = regular(&shop).await;
    let mut visits = 2;
    for header in [
        format!("{name}=garbage; {name}={value}"),
        format!("{name}={value}; {name}=garbage"),
        format!("{name}={value}; {name}={value}"),
        format!("{name}=; {name}={}; {name}={value}", "A".repeat(5_000)),
    ] {
        let page = get(shop.address, "/", &[header.as_bytes()]).await;
        visits += 1;
        assert_eq!(page.visits(), visits, "{} bytes", header.len());
    }
}

#[tokio::test]
async fn the_newer_one_of_two_sessions_counts() {
    let shop = TestShop::open().await;
    let (name, older) = regular(&shop).await;
    let (_, newer) = regular(&shop).await;
    for (first, second) in [(&older, &newer), (&newer, &older)] {
        let header = format!("{name}={first}; {name}={second}");
        assert_eq!(
            get(shop.address, "/", &[header.as_bytes()]).await.status,
            200
        );
    }
    let header = |value| format!("{name}={value}").into_bytes();
    let older = get(shop.address, "/", &[&header(older)]).await;
    let newer = get(shop.address, "/", &[&header(newer)]).await;
    assert_eq!((older.visits(), newer.visits()), (3, 5));
}

#[tokio::test]
async fn a_flood_of_cookies_gets_a_page() {
    let shop = TestShop::open().await;
    let (name, value) = regular(&shop).await;
    let garbage = format!("{name}=garbage; ").repeat(500);
    let header = format!("{garbage}{name}={value}");
    let page = get(shop.address, "/", &[header.as_bytes()]).await;
    assert_eq!(page.status, 200);
    // The library examines the first eight cookies only.
    assert_anonymous(&page, "501 cookies");
}
