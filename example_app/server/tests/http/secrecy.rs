//! What the log and the pages do not say.

#![cfg(unix)]

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use pavex::cookie::Processor;

use crate::support::{Browser, NAME, PASSWORD, ShopProcess, TestShop, dev_config};

/// All spellings in which a log could betray the content of a cookie.
fn spellings_of(cookie: &str) -> Vec<String> {
    let (name, value) = cookie.split_once('=').unwrap();
    let processor = Processor::from(dev_config().cookies);
    let content = processor.process_incoming(name, value).unwrap();
    let content = content.value();
    // The version, then id, secret, and more in base64; see the module `wire` of the library.
    let header = BASE64_URL_SAFE_NO_PAD.decode(&content[1..64]).unwrap();
    let secret = &header[16..32];
    let hex = |byte: &u8| format!("{byte:02x}");
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    vec![
        value.to_owned(),
        content.to_owned(),
        content[1..64].to_owned(),
        secret.iter().map(hex).collect(),
        list.join(", "),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
    ]
}

#[tokio::test]
async fn the_whole_log_of_a_life_has_no_secret_and_no_state() {
    whole_log("memory:", "no password").await;
}

/// With that database, whose password is a secret, too.
pub(crate) async fn whole_log(database: &str, database_password: &str) {
    // Everything, from every crate.
    let environment = [("RUST_LOG", "trace"), ("PX_DATABASE__URL", database)];
    let shop = ShopProcess::start(&environment).await;
    let browser = Browser::new(shop.address);
    let mut secrets = Vec::new();
    let mut note = || secrets.extend(spellings_of(&browser.cookie().unwrap()));
    browser.get("/").await;
    note();
    browser.add_to_cart("fountain-pen", 37).await;
    browser.add_to_cart("no-such-pen", 1).await;
    browser
        .post("/language", &[("language", "de"), ("next", "/cart")])
        .await;
    note();
    browser
        .post("/login", &[("name", NAME), ("password", "a-wrong-guess")])
        .await;
    browser.log_in().await;
    note();
    browser.get("/account").await;
    browser.get("/login?next=%2Fa-private-query").await;
    browser.change_password("a-new-password").await;
    note();
    browser
        .post("/confirm", &[("password", "a-bad-guess")])
        .await;
    browser
        .post("/confirm", &[("password", "a-new-password")])
        .await;
    note();
    browser.log_out().await;
    browser.sign_up("grace", "short-1").await;
    browser.sign_up("grace", "a-newcomers-password").await;
    note();
    browser.log_out().await;
    crate::support::get(
        shop.address,
        "/",
        &[b"id=a-forged-cookie; other=a-neighbour"],
    )
    .await;

    let log = shop.terminate().await.log;
    assert!(log.contains("TRACE"), "{log}");
    assert!(
        log.contains("session created") && log.contains("session logged out"),
        "{log}"
    );
    assert!(log.contains("session cookie ignored"), "{log}");
    let typed = [
        "fountain-pen",
        "no-such-pen",
        "a-wrong-guess",
        "a-bad-guess",
        "a-new-password",
        "short-1",
        "a-newcomers-password",
        "a-private-query",
        "a-forged-cookie",
        "a-neighbour",
        PASSWORD,
        "analytical+engine",
        "$argon2id$",
        "\"de\"",
        "{\"cart\"",
        "Cookie: ",
        database_password,
    ];
    let typed = typed.into_iter().map(str::to_owned);
    for secret in secrets.into_iter().chain(typed) {
        assert!(!log.contains(&secret), "the log has {secret:?}: {log}");
    }
}

#[tokio::test]
async fn no_page_has_a_secret() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    browser.sign_up("grace", "difference engine").await;
    let mut pages = String::new();
    for path in [
        "/",
        "/cart",
        "/login",
        "/signup",
        "/account",
        "/account/devices",
        "/account/password",
        "/confirm",
        "/policy",
        "/goodbye",
        "/nowhere",
    ] {
        pages += &browser.get(path).await.body;
    }
    let form = [("password", "difference"), ("repetition", "engine")];
    for path in ["/account/password", "/confirm", "/login", "/signup"] {
        pages += &browser.post(path, &form).await.body;
    }
    let mut secrets = spellings_of(&browser.cookie().unwrap());
    secrets.extend(["difference", "$argon2", "{\"cart\""].map(str::to_owned));
    for secret in secrets {
        assert!(!pages.contains(&secret), "{secret}: {pages}");
    }
}
