//! What holds on every database. Each takes the URL of an empty one.

use tokio::task::JoinSet;

use crate::devices::whole_membership;
use crate::life::whole_life;
use crate::parallel::parallel_additions;
use crate::secrecy::whole_log;
use crate::sign_up::one_of_two;
use crate::support::{Browser, NAME, PASSWORD, TestShop, dev_config, get};

pub(super) async fn a_session_lives_from_the_first_visit_to_the_log_out(database: String) {
    whole_life(TestShop::open_on(&database).await).await;
}

pub(super) async fn a_member_rules_over_all_devices(database: String) {
    whole_membership(TestShop::open_on(&database).await).await;
}

pub(super) async fn of_two_who_want_one_name_at_once_one_gets_it(database: String) {
    one_of_two(TestShop::open_on(&database).await).await;
}

pub(super) async fn sessions_and_members_survive_a_restart(database: String) {
    let before = TestShop::open_on(&database).await;
    let browser = Browser::new(before.address);
    browser.add_to_cart("ink", 2).await;
    browser.log_in().await;
    before.close().await;

    let mut config = dev_config();
    config.database.url = database.parse().unwrap();
    // So who is a member now was one before.
    config.users.accounts.clear();
    let after = TestShop::open_with(config, |shop| shop).await;
    let account = browser.at(after.address).get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert!(account.body.contains(NAME), "{}", account.body);
    let elsewhere = Browser::new(after.address);
    assert_eq!(elsewhere.log_in().await.location(), "/account");
    after.close().await;
}

pub(super) async fn of_parallel_additions_to_the_cart_none_is_lost(database: String) {
    parallel_additions(TestShop::open_on(&database).await).await;
}

pub(super) async fn a_log_out_at_one_server_is_seen_by_another(database: String) {
    let one = TestShop::open_on(&database).await;
    let other = TestShop::open_on(&database).await;
    let browser = Browser::new(one.address);
    browser.log_in().await;
    let cookie = browser.cookie().unwrap();
    let cookies = [cookie.as_bytes()];
    let account = || get(other.address, "/account", &cookies);
    assert_eq!(account().await.status, 200);
    browser.log_out().await;
    assert_eq!(account().await.location(), "/login?next=/account");
    one.close().await;
    other.close().await;
}

pub(super) async fn servers_that_start_at_once_share_the_tables(database: String) {
    let mut starts = JoinSet::new();
    for _ in 0..8 {
        let database = database.clone();
        starts.spawn(async move { TestShop::open_on(&database).await });
    }
    let shops = starts.join_all().await;
    let browser = Browser::new(shops[0].address);
    browser.log_in().await;
    for shop in shops {
        let account = browser.at(shop.address).get("/account").await;
        assert_eq!(account.status, 200);
        shop.close().await;
    }
}

pub(super) async fn a_name_that_is_no_members_is_refused_whatever_its_bytes(database: String) {
    let shop = TestShop::open_on(&database).await;
    let browser = Browser::new(shop.address);
    let long = "a".repeat(100_000);
    for name in [
        "ADA",
        "ada ",
        "ada\0",
        "\0",
        "adá",
        "' OR 1=1 --",
        "🗝",
        &long,
    ] {
        let form = [("name", name), ("password", PASSWORD)];
        assert_eq!(browser.post("/login", &form).await.status, 401, "{name:?}");
    }
    shop.close().await;
}

pub(super) async fn the_whole_log_of_a_life_has_no_secret_and_no_state(database: String) {
    let authority = database.split('@').next().unwrap_or_default();
    let (_, password) = authority.rsplit_once(':').unwrap_or_default();
    whole_log(&database, password).await;
}
