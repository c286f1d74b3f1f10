//! The tests that every database passes. The argument is the URL of an empty database.

use tokio::task::JoinSet;

use crate::devices::check_whole_membership;
use crate::life::check_whole_life;
use crate::parallel::check_parallel_additions;
use crate::password::{check_log_ins_during_changes, check_overtaken_change};
use crate::secrecy::check_whole_log;
use crate::sign_up::check_parallel_sign_ups;
use crate::support::{Browser, NAME, PASSWORD, TestShop, dev_config, get};

pub(super) async fn a_session_lasts_from_the_first_item_to_the_log_out(database: String) {
    check_whole_life(TestShop::open_on(&database).await).await;
}

pub(super) async fn a_member_can_log_out_each_device(database: String) {
    check_whole_membership(TestShop::open_on(&database).await).await;
}

pub(super) async fn one_of_two_parallel_sign_ups_gets_the_name(database: String) {
    check_parallel_sign_ups(TestShop::open_on(&database).await).await;
}

pub(super) async fn sessions_and_members_survive_a_restart(database: String) {
    let before = TestShop::open_on(&database).await;
    let browser = Browser::new(before.address);
    browser.add_to_cart("ink", 2).await;
    browser.log_in().await;
    before.close().await;

    let mut config = dev_config();
    config.database.url = database.parse().unwrap();
    // The second server adds no members, so they come from the first one.
    config.users.accounts.clear();
    let after = TestShop::open_with(config, |shop| shop).await;
    let account = browser.at(after.address).get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert!(account.body.contains(NAME), "{}", account.body);
    let elsewhere = Browser::new(after.address);
    assert_eq!(elsewhere.log_in().await.location(), "/account");
    after.close().await;
}

pub(super) async fn parallel_additions_to_the_cart_are_all_kept(database: String) {
    check_parallel_additions(TestShop::open_on(&database).await).await;
}

pub(super) async fn no_log_in_with_the_old_password_survives_its_change(database: String) {
    check_log_ins_during_changes(TestShop::open_on(&database).await).await;
}

pub(super) async fn of_two_changes_with_the_same_old_password_only_the_first_takes_effect(
    database: String,
) {
    check_overtaken_change(database).await;
}

pub(super) async fn a_log_out_on_one_server_holds_on_another(database: String) {
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

pub(super) async fn servers_that_start_at_the_same_time_share_the_tables(database: String) {
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

pub(super) async fn an_unknown_name_of_any_bytes_is_refused(database: String) {
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

pub(super) async fn the_log_at_level_trace_has_no_secret_and_no_state(database: String) {
    let authority = database.split('@').next().unwrap_or_default();
    let (_, password) = authority.rsplit_once(':').unwrap_or_default();
    check_whole_log(&database, password).await;
}
