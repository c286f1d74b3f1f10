use std::path::PathBuf;

use super::screen::Screen;
use super::tab::Tab;
use crate::support::{TestShop, prefixed_config};

fn screenshots() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    folder.with_file_name("screenshots")
}

#[tokio::test]
async fn the_home_page_is_shown() {
    let shop = TestShop::open_with(prefixed_config(), |shop| shop).await;
    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    tab.go_to("/").await;
    tab.photograph(&screenshots(), "home-desktop.png").await;
    tab.follow("main form button").await;
    assert_eq!(tab.path().await, "/cart");
    println!("{:?}", tab.cookies().await);
    println!("{:?}", tab.controls().await);
    println!("{:?}", tab.heights("button").await);
    println!("{:?}", tab.overflow().await);
    assert_eq!(tab.complaints(), [] as [String; 0]);
    tab.close().await;
}
