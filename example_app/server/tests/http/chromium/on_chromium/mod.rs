//! The tests. Each starts its own browsers.

mod story;

mod callback;
mod cookie;
mod history;
mod warning;

mod look;

use std::path::PathBuf;

use session::testing::ManualClock;

use super::screen::Screen;
use super::site::Site;
use super::tab::Tab;
use crate::support::{NAME, NEW_PASSWORD, OTHER_PASSWORD, PASSWORD, TestShop, prefixed_config};

/// Opens a shop with the cookie of a production server. Browsers accept it without HTTPS from
/// 127.0.0.1.
async fn shop() -> (TestShop, ManualClock) {
    let clock = ManualClock::new();
    let for_shop = clock.clone();
    let shop = TestShop::open_with(prefixed_config(), |shop| shop.with_clock(for_shop)).await;
    (shop, clock)
}

async fn sign_up(tab: &mut Tab, name: &str, password: &str) {
    let form = [
        ("name", name),
        ("password", password),
        ("repetition", password),
    ];
    tab.fill_in(&form).await;
    tab.follow("main form button").await;
}

async fn log_in(tab: &mut Tab, name: &str, password: &str) {
    tab.fill_in(&[("name", name), ("password", password)]).await;
    tab.follow("main form button").await;
}

/// Returns the folder of the screenshots.
fn screenshots() -> PathBuf {
    let temporary = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    temporary.with_file_name("screenshots")
}
