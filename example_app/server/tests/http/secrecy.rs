//! The secrets that neither the log nor a page may show.

#![cfg(unix)]

use aes_gcm_siv::Aes256GcmSiv;
use aes_gcm_siv::aead::{AeadInOut, KeyInit};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::support::{Browser, NAME, PASSWORD, ShopProcess, TestShop, dev_config};

/// Returns all spellings in which a log could reveal the content of a cookie.
fn spellings_of(cookie: &str) -> Vec<String> {
    let (name, value) = cookie.split_once('=').unwrap();
    // The version, the id, the secret, and more: see the module `payload` of the library.
    let content = content_of(name, value);
    let secret = &content[17..33];
    let hex = |byte: &u8| format!("{byte:02x}");
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    vec![
        value.to_owned(),
        BASE64_STANDARD_NO_PAD.encode(&content),
        BASE64_URL_SAFE_NO_PAD.encode(&content),
        secret.iter().map(hex).collect(),
        list.join(", "),
        BASE64_STANDARD_NO_PAD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// Returns the content of a cookie: see the module `keys` of the library.
fn content_of(name: &str, value: &str) -> Vec<u8> {
    let (protection, sealed) = value.split_at(1);
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).unwrap();
    match protection {
        "s" => sealed[..sealed.len() - 16].to_vec(),
        _ => decrypt(name, sealed),
    }
}

fn decrypt(name: &str, mut sealed: Vec<u8>) -> Vec<u8> {
    let mut key = [0; 32];
    let master = dev_config().cookies.crypto_rules[0].key.clone();
    let master = Hkdf::<Sha256>::from_prk(master.master()).unwrap();
    let derived = master.expand(b"COOKIE;AEAD-AES-256-GCM-SIV", &mut key);
    derived.unwrap();
    let (nonce, rest) = sealed.split_first_chunk_mut::<12>().unwrap();
    let (content, tag) = rest.split_last_chunk_mut::<16>().unwrap();
    let (nonce, tag) = ((*nonce).into(), (*tag).into());
    Aes256GcmSiv::new(&key.into())
        .decrypt_inout_detached(&nonce, name.as_bytes(), (&mut *content).into(), &tag)
        .unwrap();
    content.to_vec()
}

#[tokio::test]
async fn the_log_at_level_trace_has_no_secret_and_no_state() {
    check_whole_log("memory:", "no password").await;
}

/// Runs a server on that database, and searches its log for secrets, also for the database's
/// password.
pub(crate) async fn check_whole_log(database: &str, database_password: &str) {
    let environment = [("RUST_LOG", "trace"), ("PX_DATABASE__URL", database)];
    let shop = ShopProcess::start(&environment).await;
    let secrets = whole_life(&Browser::new(shop.address)).await;
    let forged = b"example_id=a-forged-cookie; other=a-neighbour";
    crate::support::get(shop.address, "/", &[forged]).await;

    let log = shop.terminate().await.log;
    for event in [
        "TRACE",
        "session created",
        "session logged out",
        "session cookies ignored",
    ] {
        assert!(log.contains(event), "the log has no {event:?}: {log}");
    }
    let typed = TYPED.into_iter().chain([database_password]);
    for secret in secrets.into_iter().chain(typed.map(str::to_owned)) {
        assert!(!log.contains(&secret), "the log has {secret:?}: {log}");
    }
}

/// The input of the visitor, and parts of the state.
const TYPED: [&str; 16] = [
    "fountain-pen",
    "no-such-pen",
    "a-wrong-guess",
    "a-bad-guess",
    "a-new-long-password",
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
];

/// Uses the shop as a visitor and as two members. Returns all spellings of all session cookies.
async fn whole_life(browser: &Browser) -> Vec<String> {
    let mut secrets = Vec::new();
    let mut note = || secrets.extend(spellings_of(&browser.cookie().unwrap()));
    browser.start_session().await;
    browser.get("/").await;
    note();
    browser.add_to_cart("fountain-pen", 37).await;
    browser.add_to_cart("no-such-pen", 1).await;
    let german = [("language", "de"), ("next", "/cart")];
    browser.post("/language", &german).await;
    note();
    browser.log_in_as(NAME, "a-wrong-guess").await;
    browser.log_in().await;
    note();
    browser.get("/account").await;
    browser.get("/login?next=%2Fa-private-query").await;
    browser
        .change_password(PASSWORD, "a-new-long-password")
        .await;
    note();
    for password in ["a-bad-guess", "a-new-long-password"] {
        browser.post("/confirm", &[("password", password)]).await;
    }
    note();
    browser.log_out().await;
    browser.sign_up("grace", "short-1").await;
    browser.sign_up("grace", "a-newcomers-password").await;
    note();
    browser.log_out().await;
    secrets
}

#[tokio::test]
async fn no_page_has_a_secret() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    browser.sign_up("grace", "punched cards of brass").await;
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
    let form = [
        ("current", PASSWORD),
        ("password", "difference"),
        ("repetition", "engine"),
    ];
    for path in ["/account/password", "/confirm", "/login", "/signup"] {
        pages += &browser.post(path, &form).await.body;
    }
    let mut secrets = spellings_of(&browser.cookie().unwrap());
    secrets.extend(["difference", "$argon2", "{\"cart\""].map(str::to_owned));
    for secret in secrets {
        assert!(!pages.contains(&secret), "{secret}: {pages}");
    }
}
