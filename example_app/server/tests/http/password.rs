//! The change of the password, and the proof of identity that it requires.

use std::net::SocketAddr;
use std::time::Duration;

use app::configuration::{DatabaseConfig, UsersConfig};
use app::database::Database;
use app::members::{NewPassword, PasswordChange, Visitor, seeded_users};
use session::testing::ManualClock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use time::UtcDateTime;
use tokio::task::JoinSet;

use crate::support::{
    Browser, NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, Response, TestShop, dev_config, get,
    post, test_on_sqlite,
};

/// Opens a shop with a member whose log-in was six minutes ago.
async fn shop() -> (TestShop, Browser) {
    let clock = ManualClock::new();
    let for_shop = clock.clone();
    let shop = TestShop::open_with(dev_config(), |shop| shop.with_clock(for_shop)).await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    clock.advance(Duration::from_secs(6 * 60));
    (shop, browser)
}

#[tokio::test]
async fn a_change_of_the_password_requires_a_confirmation_of_the_old_one() {
    let (_shop, browser) = shop().await;
    let turned_away = browser.get("/account/password").await;
    assert_eq!(turned_away.location(), "/confirm?next=/account/password");
    let refused = browser.change_password(PASSWORD, NEW_PASSWORD).await;
    assert_eq!(refused.location(), "/confirm");

    let form = browser.get("/confirm?next=/account/password").await;
    assert!(
        form.body
            .contains("name=\"next\" value=\"/account/password\"")
    );
    assert_eq!(form.headers("cache-control"), ["private, no-store"]);
    let wrong = [("password", "wrong"), ("next", "/account/password")];
    let refused = browser.post("/confirm", &wrong).await;
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"/account/password\""));
    let turned_away = browser.get("/account/password").await;
    assert_eq!(turned_away.status, 303);

    let right = [("password", PASSWORD), ("next", "/account/password")];
    let confirmed = browser.post("/confirm", &right).await;
    assert_eq!(confirmed.location(), "/account/password");
    assert_eq!(browser.get("/account/password").await.status, 200);
    let changed = browser.change_password(PASSWORD, NEW_PASSWORD).await;
    assert_eq!(changed.location(), "/account");
    let account = browser.get("/account").await;
    assert!(
        account
            .flash()
            .unwrap()
            .contains("password has been changed")
    );
}

#[tokio::test]
async fn the_confirmation_keeps_the_session_and_replaces_its_cookie() {
    let (shop, browser) = shop().await;
    browser.add_to_cart("ink", 2).await;
    let before = browser.cookie().unwrap();
    let id = |page: String| page.split("<code>").nth(1).unwrap()[..36].to_owned();
    let old = id(browser.get("/account").await.body);
    browser.post("/confirm", &[("password", PASSWORD)]).await;
    let account = browser.get("/account").await;
    assert_eq!(account.cart_count(), 2);
    assert_eq!(id(account.body), old);
    let replayed = get(shop.address, "/account", &[before.as_bytes()]).await;
    assert_eq!(replayed.status, 303);
}

#[tokio::test]
async fn the_confirmation_redirects_to_local_pages_only() {
    let (_shop, browser) = shop().await;
    for (next, leads_to) in [
        ("/account/devices", "/account/devices"),
        ("//evil.example", "/account"),
        ("/\\evil.example", "/account"),
        ("https://evil.example", "/account"),
        ("", "/account"),
    ] {
        let form = [("password", PASSWORD), ("next", next)];
        assert_eq!(browser.post("/confirm", &form).await.location(), leads_to);
    }
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_old_cookies() {
    let shop = TestShop::open().await;
    let (here, there) = (Browser::new(shop.address), Browser::new(shop.address));
    here.log_in().await;
    there.log_in().await;
    here.add_to_cart("ink", 2).await;
    let stolen = here.cookie().unwrap();

    assert_eq!(
        here.change_password(PASSWORD, NEW_PASSWORD).await.status,
        303
    );
    let account = here.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert_eq!(there.get("/account").await.status, 303);
    let replayed = get(shop.address, "/account", &[stolen.as_bytes()]).await;
    assert_eq!(
        replayed.status, 303,
        "a copy of the cookie is worth nothing"
    );
    assert_eq!(there.log_in().await.status, 401);
    assert_eq!(there.log_in_as(NAME, NEW_PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_password_that_another_program_changes_ends_all_sessions() {
    test_on_sqlite(async |database: String| {
        let shop = TestShop::open_on(&database).await;
        let browsers = [Browser::new(shop.address), Browser::new(shop.address)];
        for browser in &browsers {
            browser.log_in().await;
            assert_eq!(browser.get("/account").await.status, 200);
        }
        let hash = app::members::hash_password(NEW_PASSWORD).unwrap();
        let options: SqliteConnectOptions = database.parse().unwrap();
        let mut connection = options.connect().await.unwrap();
        let update = sqlx::query("UPDATE users SET password_hash = ?").bind(hash);
        update.execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();

        for browser in &browsers {
            let turned_away = browser.get("/account").await;
            assert_eq!(turned_away.location(), "/login?next=/account");
            assert_eq!(browser.cookie(), None, "the dead cookie is removed");
            browser.log_in_as(NAME, NEW_PASSWORD).await;
            assert_eq!(browser.get("/account").await.status, 200);
        }
        shop.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_in_with_the_old_password_survives_its_change() {
    check_log_ins_during_changes(TestShop::open().await).await;
}

/// Changes the password a hundred times, each time while two attackers log in with the old one.
pub(crate) async fn check_log_ins_during_changes(shop: TestShop) {
    let passwords = [NEW_PASSWORD, OTHER_PASSWORD].into_iter().cycle();
    let mut old = PASSWORD;
    let owner = Browser::new(shop.address);
    owner.log_in().await;
    let mut log_ins = 0;
    for (round, new) in passwords.take(100).enumerate() {
        let mut attackers = JoinSet::new();
        for _ in 0..2 {
            attackers.spawn(log_ins_until_refused(shop.address, old));
        }
        assert_eq!(owner.change_password(old, new).await.location(), "/account");
        let sessions = attackers.join_all().await.concat();
        log_ins += sessions.len();
        for attacker in sessions {
            let turned_away = attacker.get("/account").await;
            assert_eq!(turned_away.status, 303, "in round {round}");
        }
        assert_eq!(owner.get("/account").await.status, 200, "in round {round}");
        old = new;
    }
    assert!(
        log_ins >= 100,
        "the attackers logged in too rarely: {log_ins}"
    );
    shop.close().await;
}

/// Logs in again and again, each time with a new browser, until the password is wrong.
async fn log_ins_until_refused(shop: SocketAddr, password: &str) -> Vec<Browser> {
    let mut sessions = Vec::new();
    loop {
        let attacker = Browser::new(shop);
        match attacker.log_in_as(NAME, password).await.status {
            303 => sessions.push(attacker),
            status => {
                assert_eq!(status, 401);
                return sessions;
            }
        }
    }
}

#[tokio::test]
async fn of_two_changes_with_the_same_old_password_only_the_first_takes_effect() {
    check_overtaken_change("memory:".to_owned()).await;
}

/// Verifies the old password for its owner and for an attacker, before both change it, in each of
/// the two orders.
pub(crate) async fn check_overtaken_change(database: String) {
    let url = database.parse().unwrap();
    let database = Database::open(&DatabaseConfig { url }).await.unwrap();
    let accounts = dev_config().users.accounts;
    let config = UsersConfig {
        accounts,
        demo: None,
    };
    let users = seeded_users(&database, &config).await.unwrap();
    let verify = async |password: &str| {
        let visitor = Visitor::new([127, 0, 0, 1].into(), UtcDateTime::now());
        let verified = users.verify(NAME, password.to_owned(), &visitor);
        verified.await.unwrap()
    };
    let mut old = PASSWORD;
    for (first, second) in [
        ("the owner's password", "the attacker's password"),
        ("another attacker's password", "another owner's password"),
    ] {
        let both = [verify(old).await.unwrap(), verify(old).await.unwrap()];
        let change = async |verified, password: &str| {
            let password = NewPassword::choose(password, password, NAME).unwrap();
            users.change_password(verified, password).await.unwrap()
        };
        let [one, other] = both;
        let changed = change(one, first).await;
        assert!(matches!(changed, PasswordChange::Changed(_)), "{changed:?}");
        let overtaken = change(other, second).await;
        assert!(
            matches!(overtaken, PasswordChange::Overtaken),
            "{overtaken:?}"
        );
        assert!(verify(second).await.is_none() && verify(old).await.is_none());
        old = first;
    }
    assert!(verify(old).await.is_some());
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_password_that_another_one_has_overtaken_is_explained() {
    let shop = TestShop::open().await;
    let (mut password, mut is_explained) = (PASSWORD.to_owned(), false);
    for round in 0..20 {
        let (one, other) = (Browser::new(shop.address), Browser::new(shop.address));
        for browser in [&one, &other] {
            browser.log_in_as(NAME, &password).await;
        }
        let new = [0, 1].map(|n| format!("the password {round}.{n} of Ada"));
        let (first, second) = tokio::join!(
            one.change_password(&password, &new[0]),
            other.change_password(&password, &new[1])
        );
        let explanation = "just been changed from elsewhere";
        for response in [&first, &second] {
            assert_eq!(response.status == 409, response.body.contains(explanation));
            is_explained |= response.status == 409;
        }
        let changed = |it: &Response| it.status == 303 && it.location() == "/account";
        assert!(changed(&first) != changed(&second), "{first:?} {second:?}");
        password = new[usize::from(changed(&second))].clone();
    }
    assert!(is_explained);
}

#[tokio::test]
async fn a_refused_new_password_changes_nothing() {
    let shop = TestShop::open().await;
    let (here, there) = (Browser::new(shop.address), Browser::new(shop.address));
    here.log_in().await;
    there.log_in().await;
    for password in ["engine7", "password1234567", "ada123456789012"] {
        let refused = here.change_password(PASSWORD, password).await;
        assert_eq!(refused.status, 422);
        assert!(!refused.body.contains(password), "{}", refused.body);
    }
    let form = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("repetition", "another"),
    ];
    assert_eq!(here.post("/account/password", &form).await.status, 422);
    assert_eq!(there.get("/account").await.status, 200);
    assert_eq!(Browser::new(shop.address).log_in().await.status, 303);
}

#[tokio::test]
async fn visitors_are_sent_to_the_log_in_page_by_pages_for_members() {
    let shop = TestShop::open().await;
    for path in [
        "/account",
        "/account/devices",
        "/account/password",
        "/confirm",
    ] {
        let turned_away = get(shop.address, path, &[]).await;
        assert_eq!(turned_away.location(), format!("/login?next={path}"));
    }
    for path in ["/account/password", "/confirm", "/account/devices/log-out"] {
        let form = "password=x&repetition=x&session=x";
        let turned_away = post(shop.address, path, "", form).await;
        assert_eq!(turned_away.location(), "/login");
    }
}

#[tokio::test]
async fn a_change_of_the_password_requires_the_current_one_in_a_fresh_session() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    for wrong in ["", "wrong", NEW_PASSWORD] {
        let refused = browser.change_password(wrong, NEW_PASSWORD).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("The password is wrong"));
    }
    assert_eq!(
        browser.change_password(PASSWORD, NEW_PASSWORD).await.status,
        303
    );
}
