//! The program: how it starts, and how it stops.

use crate::support::{Browser, ShopProcess};

const KEY: &str = "0f2c3b7e9d1a48560f2c3b7e9d1a4856a1b2c3d4e5f60718293a4b5c6d7e8f90";

fn crypto_rules() -> String {
    format!("[{{cookie_names=[\"__Host-id\"],algorithm=\"encryption\",key=\"{KEY}\"}}]")
}

#[cfg(unix)]
#[tokio::test]
async fn without_any_environment_it_serves_developers_until_told_to_stop() {
    let shop = ShopProcess::start(&[]).await;
    assert!(shop.address.ip().is_loopback());
    let browser = Browser::new(shop.address);
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
async fn production_takes_its_keys_from_the_environment() {
    let rules = crypto_rules();
    let environment = [
        ("PX_PROFILE", "prod"),
        ("PX_SERVER__IP", "127.0.0.1"),
        ("PX_COOKIES__CRYPTO_RULES", &rules),
    ];
    let shop = ShopProcess::start(&environment).await;
    let home = crate::support::get(shop.address, "/", &[]).await;
    assert_eq!(home.cookies()[0].name(), "__Host-id");
    assert_eq!(home.cookies()[0].secure(), Some(true));
    let login = crate::support::get(shop.address, "/login", &[]).await;
    assert!(
        !login.body.contains("class=\"hint\""),
        "no demo account: {}",
        login.body
    );
    assert_eq!(shop.terminate().await.exit_code, Some(0));
}

#[tokio::test]
async fn production_without_keys_says_which_variable_to_set() {
    let remains = ShopProcess::refused(&[("PX_PROFILE", "prod")]).await;
    assert_eq!((remains.exit_code, remains.stdout.as_str()), (Some(1), ""));
    assert_eq!(remains.log.lines().count(), 1, "{}", remains.log);
    assert!(
        remains
            .log
            .contains("set the environment variable PX_COOKIES__CRYPTO_RULES")
    );
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_named() {
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
