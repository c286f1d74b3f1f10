//! The log-in, and the cookies from before it.

use pavex::cookie::Key;

use crate::support::{
    Browser, NAME, PASSWORD, TestShop, TestStore, dev_config, get, post, with_keys,
};

#[tokio::test]
async fn a_cookie_from_before_the_log_in_is_worthless_after_it() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    let planted = browser.cookie().unwrap();

    assert_eq!(browser.log_in().await.location(), "/account");
    assert_eq!(browser.get("/account").await.status, 200);
    assert_ne!(browser.cookie().unwrap(), planted);

    let attacker = get(shop.address, "/cart", &[planted.as_bytes()]).await;
    assert!(!attacker.is_for_member(), "{attacker:?}");
    assert_eq!(attacker.cart_count(), 0);
    let attacker = get(shop.address, "/account", &[planted.as_bytes()]).await;
    assert_eq!(attacker.location(), "/login?next=/account");

    // The attacker cannot disturb the member either.
    post(shop.address, "/logout", &planted, "").await;
    post(
        shop.address,
        "/cart",
        &planted,
        "product=pencils&quantity=9",
    )
    .await;
    let account = browser.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
}

#[tokio::test]
async fn of_a_planted_session_only_the_cart_and_the_language_are_left_after_the_log_in() {
    let shop = TestShop::open().await;
    let attacker = Browser::new(shop.address);
    attacker.post("/language", &[("language", "de")]).await;
    attacker.add_to_cart("ink", 2).await;
    for _ in 0..2 {
        attacker.get("/").await;
    }
    assert_eq!(attacker.get("/").await.visits(), 3);
    let planted = attacker.cookie().unwrap();
    let form = "name=ada&password=analytical+engine";
    let member = post(shop.address, "/login", &planted, form).await;
    let home = get(shop.address, "/", &[member.cookie_pair().as_bytes()]).await;
    assert!(home.is_for_member() && home.body.contains("lang=\"de\""));
    assert_eq!((home.visits(), home.cart_count()), (1, 2));
}

#[tokio::test]
async fn a_cookie_from_before_the_log_out_is_worthless_after_it() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    let old = browser.cookie().unwrap();
    browser.log_out().await;

    let replayed = get(shop.address, "/account", &[old.as_bytes()]).await;
    assert_eq!(replayed.location(), "/login?next=/account");
}

#[tokio::test]
async fn a_visitor_with_a_stale_cookie_logs_in_at_the_first_try() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    let stale = browser.cookie().unwrap();
    browser.log_out().await;

    let form = format!("name={NAME}&password=analytical+engine&next=%2Faccount");
    let response = post(shop.address, "/login", &stale, &form).await;
    assert_eq!(response.location(), "/account");
    let fresh = response.cookie_pair();
    assert_ne!(fresh, stale);
    let account = get(shop.address, "/account", &[fresh.as_bytes()]).await;
    assert_eq!((account.status, account.cart_count()), (200, 0));
}

#[tokio::test]
async fn a_log_in_requires_a_name_and_its_password() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    for (name, password) in [(NAME, "wrong"), ("eve", PASSWORD), ("", ""), (NAME, "")] {
        let refused = browser
            .post("/login", &[("name", name), ("password", password)])
            .await;
        assert_eq!(refused.status, 401, "{name} {password}");
        assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
        assert!(!refused.body.contains(&format!("value=\"{password}\"")) || password.is_empty());
        assert!(
            refused.cookies().is_empty(),
            "nothing was written: {refused:?}"
        );
    }
    assert_eq!(browser.get("/account").await.status, 303);
}

const BOX: &str = "name=\"stay\" type=\"checkbox\" aria-describedby=\"stay-hint\"";

#[tokio::test]
async fn the_box_to_stay_logged_in_is_empty_at_first_and_keeps_its_tick() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let form = browser.get("/login").await.body;
    assert!(form.contains(&format!("{BOX}>")), "{form}");
    let wrong = [("name", NAME), ("password", "wrong")];
    let refused = browser.post("/login", &wrong).await.body;
    assert!(refused.contains(&format!("{BOX}>")), "{refused}");
    let ticked = [("name", NAME), ("password", "wrong"), ("stay", "on")];
    let refused = browser.post("/login", &ticked).await.body;
    assert!(refused.contains(&format!("{BOX} checked>")), "{refused}");
}

#[tokio::test]
async fn a_shop_that_lets_nobody_stay_logged_in_offers_no_box() {
    let mut config = dev_config();
    config.session.log_in.allow_remembered = false;
    let shop = TestShop::open_with(config, |shop| shop).await;
    let browser = Browser::new(shop.address);
    let form = browser.get("/login").await.body;
    assert!(!form.contains("checkbox"), "{form}");
    let ticked = [("name", NAME), ("password", PASSWORD), ("stay", "on")];
    browser.post("/login", &ticked).await;
    let list = browser.get("/account/devices").await.body;
    assert!(!list.contains("Stays logged in"), "{list}");
}

#[tokio::test]
async fn the_name_in_a_refused_log_in_form_is_escaped() {
    let shop = TestShop::open().await;
    let browser = Browser::new(shop.address);
    let name = "\"><script>alert(1)</script>";
    let refused = browser
        .post("/login", &[("name", name), ("password", "x")])
        .await;
    assert_eq!(refused.status, 401);
    assert!(!refused.body.contains("<script"), "{}", refused.body);
}

#[tokio::test]
async fn a_second_member_in_the_same_browser_gets_an_empty_session() {
    let mut config = dev_config();
    let mut bob = config.users.accounts[0].clone();
    bob.name = "bob".to_owned();
    config.users.accounts.push(bob);
    let shop = TestShop::open_with(config, |shop| shop).await;
    let browser = Browser::new(shop.address);
    browser.log_in().await;
    browser.add_to_cart("ink", 2).await;

    let bob = [("name", "bob"), ("password", PASSWORD)];
    assert_eq!(browser.post("/login", &bob).await.location(), "/");
    let account = browser.get("/account").await;
    assert!(account.body.contains("bob") && !account.body.contains(NAME));
    assert_eq!(
        account.cart_count(),
        0,
        "the first member's cart is not shown"
    );
}

#[tokio::test]
async fn a_removed_member_is_sent_to_the_log_in_page() {
    let store = TestStore::new();
    let before = TestShop::open_with_store(dev_config(), store.session_store()).await;
    let browser = Browser::new(before.address);
    browser.log_in().await;
    let mut config = dev_config();
    config.users.accounts.clear();
    let after = TestShop::open_with_store(config, store.session_store()).await;
    let browser = browser.at(after.address);
    for path in ["/account", "/account/devices", "/account/password"] {
        assert_eq!(browser.get(path).await.location(), "/login", "{path}");
    }
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test]
async fn two_applications_on_two_ports_of_one_host_do_not_log_each_other_out() {
    let mut config = dev_config();
    config.session.cookie.name = "club_id".into();
    let club = TestShop::open_with(with_keys(config, &Key::generate(), &[]), |club| club).await;
    let shop = TestShop::open().await;
    let at_the_shop = Browser::new(shop.address);
    let at_the_club = at_the_shop.at(club.address);
    at_the_shop.log_in().await;
    at_the_club.add_to_cart("ink", 2).await;
    at_the_club.log_in().await;
    assert_eq!(at_the_shop.get("/account").await.status, 200);
    at_the_shop.log_out().await;
    let account = at_the_club.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
}
