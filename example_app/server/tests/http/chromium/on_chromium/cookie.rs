//! The session cookie, as the browser treats it.

use super::{NAME, PASSWORD, Screen, Site, Tab, log_in, shop};

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_removed_by_the_log_out() {
    let (shop, _) = shop().await;
    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    tab.go_to("/login").await;
    assert!(tab.cookies().await.is_empty());
    log_in(&mut tab, NAME, PASSWORD).await;

    let cookies = tab.cookies().await;
    let [cookie] = &cookies[..] else {
        panic!("{cookies:?}");
    };
    assert_eq!(cookie["name"], "__Host-Http-id");
    assert_eq!(
        cookie["domain"], "127.0.0.1",
        "the cookie is for this host only"
    );
    assert_eq!(cookie["path"], "/");
    assert_eq!(cookie["secure"], true);
    assert_eq!(cookie["httpOnly"], true);
    assert_eq!(cookie["sameSite"], "Lax");
    assert_eq!(cookie["session"], true, "the cookie ends with the browser");

    tab.go_to("/account").await;
    tab.follow("header form button").await;
    assert_eq!(tab.path().await, "/goodbye");
    assert!(tab.cookies().await.is_empty());
    tab.go_back().await;
    assert_eq!(tab.path().await, "/login?next=/account");
    tab.close_without_complaints().await;
}

#[tokio::test]
async fn a_restart_of_the_browser_keeps_a_member_logged_in_who_has_asked_for_it() {
    let (shop, _) = shop().await;
    for (is_ticked, after_restart) in [(false, "/login?next=/account"), (true, "/account")] {
        let mut tab = Tab::open(shop.address, Screen::Desktop).await;
        tab.go_to("/login?next=/account").await;
        if is_ticked {
            tab.click("main input[name=stay]").await;
        }
        log_in(&mut tab, NAME, PASSWORD).await;
        assert_eq!(tab.path().await, "/account");
        let mut tab = tab.restart().await;
        assert_eq!(tab.cookies().await.len(), usize::from(is_ticked));
        tab.go_to("/account").await;
        assert_eq!(tab.path().await, after_restart);
        tab.close_without_complaints().await;
    }
}

/// Such a cookie would be sent beside that of the shop, or in its place.
#[tokio::test]
async fn scripts_and_plain_cookies_cannot_take_the_place_of_the_session_cookie() {
    let (shop, _) = shop().await;
    let site = Site::open("<!doctype html><main></main>".to_owned()).await;
    let mut tab = Tab::open(shop.address, Screen::Desktop).await;
    // Another port is another origin, but browsers send its cookies to the shop.
    tab.visit(&format!("http://{}/", site.address)).await;
    for planted in [
        "__Host-Http-id=planted; Path=/; Secure",
        "__host-http-id=planted; Path=/; Secure",
        "__Host-Http-id=planted; Path=/",
        "__Host-Http-id=planted; Path=/; Secure; Domain=127.0.0.1",
    ] {
        tab.run(&format!("document.cookie = {planted:?}")).await;
        assert_eq!(tab.cookies().await.len(), 0, "{planted}");
    }
    // A script can plant a cookie that has only the prefix `__Host-`.
    tab.run("document.cookie = '__Host-id=planted; Path=/; Secure'")
        .await;
    assert_eq!(tab.cookies().await.len(), 1);
    tab.close_ignoring_complaints().await;
}
