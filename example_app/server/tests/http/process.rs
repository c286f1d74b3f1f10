//! The start and the stop of the program.

use std::fs;

use crate::support::{Browser, ShopProcess};

const KEY: &str = "0f2c3b7e9d1a48560f2c3b7e9d1a4856a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// Returns the rules that the README shows, with a key.
fn crypto_rules() -> String {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once("\nPX_COOKIES__CRYPTO_RULES='").unwrap();
    let (rules, _) = rest.split_once("'\n").unwrap();
    assert!(rules.contains("key=\"…\""), "{rules}");
    rules.replace('…', KEY)
}

#[cfg(unix)]
#[tokio::test]
async fn the_server_without_an_environment_runs_for_development_until_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let shop = ShopProcess::start_in(folder.path()).await;
    assert!(shop.address.ip().is_loopback());
    let browser = Browser::new(shop.address);
    browser.start_session().await;
    assert_eq!(browser.get("/").await.visits(), 1);
    assert!(
        browser
            .get("/login")
            .await
            .body
            .contains("analytical engine")
    );
    let remains = shop.terminate().await;
    assert_eq!((remains.exit_code, remains.stdout.as_str()), (Some(0), ""));
    assert!(
        remains.log.contains("A session ends after"),
        "{}",
        remains.log
    );
    assert!(
        remains.log.contains("session created session.id="),
        "{}",
        remains.log
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_server_without_an_environment_keeps_everything_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let before = ShopProcess::start_in(folder.path()).await;
    let browser = Browser::new(before.address);
    browser.add_to_cart("ink", 2).await;
    browser.log_in().await;
    assert_eq!(before.terminate().await.exit_code, Some(0));

    let data = folder.path().join("data");
    let files = fs::read_dir(&data).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["shop.db"], "SQLite's other files are removed");

    let after = ShopProcess::start_in(folder.path()).await;
    let account = browser.at(after.address).get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert_eq!(after.terminate().await.exit_code, Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn a_production_server_reads_its_keys_from_the_environment() {
    let rules = crypto_rules();
    let environment = [
        ("PX_PROFILE", "prod"),
        ("PX_SERVER__IP", "127.0.0.1"),
        ("PX_COOKIES__CRYPTO_RULES", &rules),
    ];
    let shop = ShopProcess::start(&environment).await;
    let started = Browser::new(shop.address).start_session().await;
    assert_eq!(started.cookies()[0].name(), "__Host-Http-id");
    assert_eq!(started.cookies()[0].secure(), Some(true));
    let login = crate::support::get(shop.address, "/login", &[]).await;
    assert!(
        !login.body.contains("class=\"demo\""),
        "no demo account: {}",
        login.body
    );
    let form = "name=ada&password=analytical+engine";
    let refused = crate::support::post(shop.address, "/login", "", form).await;
    assert_eq!(refused.status, 401, "no member was added");
    assert_eq!(shop.terminate().await.exit_code, Some(0));
}

#[tokio::test]
async fn a_production_server_without_keys_names_the_variable_to_set() {
    let remains = ShopProcess::refused(&[("PX_PROFILE", "prod")]).await;
    assert_eq!((remains.exit_code, remains.stdout.as_str()), (Some(1), ""));
    assert_eq!(remains.log.lines().count(), 1, "{}", remains.log);
    assert!(
        remains
            .log
            .contains("set the environment variable PX_COOKIES__CRYPTO_RULES")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_server_starts_with_sections_whose_keys_are_all_commented_out() {
    let base = "
server:
  ip: 127.0.0.1
  port: 0
  shutdown_grace: 1 second
session:
  cookie:
    # name: __Host-Http-id
  state:
    # idle_timeout: 24 hours
  log_in:
    # path: /login
";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("base.yml"), base).unwrap();
    fs::write(folder.path().join("prod.yml"), "").unwrap();
    let rules = crypto_rules();
    let environment = [
        ("PX_PROFILE", "prod"),
        ("SHOP_CONFIGURATION_DIR", folder.path().to_str().unwrap()),
        ("PX_COOKIES__CRYPTO_RULES", &rules),
    ];
    let shop = ShopProcess::start(&environment).await;
    let started = Browser::new(shop.address).start_session().await;
    assert_eq!(started.cookies()[0].name(), "__Host-Http-id");
    assert_eq!(shop.terminate().await.exit_code, Some(0));
}

#[tokio::test]
async fn a_mistake_in_the_configuration_stops_the_start_and_is_named() {
    for (variable, value, complaint) in [
        ("PX_PROFILE", "staging", "`dev` or `prod`"),
        (
            "SHOP_CONFIGURATION_DIR",
            "/nowhere",
            "SHOP_CONFIGURATION_DIR",
        ),
        ("PX_SERVER__PORT", "http", "expected u16"),
        ("PX_SERVER__SHUTDOWN_GRACE", "soon", "not a duration"),
        (
            "PX_SESSION__STATE__IDLE_TIMEOUT",
            "2 years",
            "session.state.idle_timeout",
        ),
        (
            "PX_SESSION__STATE__IDLE_TIMEOUT",
            "3600",
            "state.idle_timeout: `3600` is not a duration",
        ),
        (
            "PX_SESSION__COOKIE__NAME",
            "123",
            "write it in quotes: \"123\"",
        ),
        (
            "PX_SESSION__COOKIE__NAME",
            "session cookie",
            "session.cookie.name",
        ),
        ("PX_SESSION__COOKIE__COLOUR", "blue", "colour"),
        (
            "PX_USERS__ACCOUNTS",
            "[{name=\"ada\",password_hash=\"x\"}]",
            "users.accounts",
        ),
        ("PX_COOKIES__CRYPTO_RULES", KEY, "CRYPTO_RULES"),
        ("RUST_LOG", "===", "RUST_LOG"),
    ] {
        let remains = ShopProcess::refused(&[(variable, value)]).await;
        assert_eq!(remains.exit_code, Some(1), "{variable}: {}", remains.log);
        assert!(
            remains.log.contains(complaint),
            "{variable}: {}",
            remains.log
        );
        assert!(!remains.log.contains("panicked"), "{}", remains.log);
        assert!(!remains.log.contains(KEY), "{}", remains.log);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "This is not a database.".repeat(100)).unwrap();
    let file = file.display();
    for (url, complaint) in [
        (
            "http://shop:s3cret@127.0.0.1",
            "the scheme of the database URL",
        ),
        ("redis://shop:s3cret@127.0.0.1:1", "refused"),
        ("postgres://shop:s3cret@127.0.0.1", "not a database"),
        ("postgres://shop:s3cret@127.0.0.1:1/shop", "refused"),
        ("mysql://shop:s3cret@127.0.0.1:1/shop", "refused"),
        ("mysql://shop:1/s3cret@127.0.0.1/shop", "%2F"),
        (&format!("sqlite://{file}"), "not a database"),
        (&format!("sqlite://{file}/shop.db"), "File exists"),
        // A folder in which not even root can create a file.
        ("sqlite:///proc/shop.db", "cannot be opened"),
    ] {
        let remains = ShopProcess::refused(&[("PX_DATABASE__URL", url)]).await;
        let log = &remains.log;
        assert_eq!((remains.exit_code, remains.stdout.as_str()), (Some(1), ""));
        assert!(log.contains(complaint), "{url}: {log}");
        assert!(log.contains("DATABASE.URL") || log.contains("`database.url`"));
        assert!(!log.contains("s3cret"), "{url}: {log}");
        assert_eq!(log.lines().count(), 1, "{url}: {log}");
    }
}
