//! The shop while its database server is down.

use test_servers::{Database, Server};
use tokio::task::JoinSet;

use crate::support::{Browser, NAME, PASSWORD, TestShop};

async fn the_shop_is_unavailable_until_the_database_server_is_back(database: Database) {
    let mut server = Server::start(database).unwrap();
    let shop = TestShop::open_on(&server.url()).await;
    let browser = Browser::new(shop.address);
    browser.add_to_cart("ink", 2).await;
    browser.log_in().await;

    server.kill().unwrap();
    assert_unavailable_to(&browser).await;
    let stranger = Browser::new(shop.address);
    for path in ["/", "/health", "/assets/style.css", "/login", "/cart"] {
        assert_eq!(stranger.get(path).await.status, 200, "{path}");
    }
    assert_eq!(stranger.log_in().await.status, 503);

    server.restart().unwrap();
    let account = browser.get("/account").await;
    assert_eq!((account.status, account.cart_count()), (200, 2));
    assert_eq!(stranger.log_in().await.location(), "/account");
    shop.close().await;
}

/// Requests all pages that need the session at the same time: each waits for a connection.
async fn assert_unavailable_to(member: &Browser) {
    let mut requests = JoinSet::new();
    for path in ["/", "/cart", "/account", "/login"] {
        let member = member.clone();
        requests.spawn(async move { member.get(path).await });
    }
    for path in ["/cart", "/login", "/logout"] {
        let member = member.clone();
        let form = [
            ("product", "ink"),
            ("quantity", "1"),
            ("name", NAME),
            ("password", PASSWORD),
        ];
        requests.spawn(async move { member.post(path, &form).await });
    }
    for page in requests.join_all().await {
        assert_eq!(page.status, 503, "{page:?}");
        assert!(page.body.contains("try again in a minute"), "{}", page.body);
        for internal in ["sql", "database", "store", "127.0.0.1", "refused"] {
            assert!(!page.body.contains(internal), "{internal}: {}", page.body);
        }
        assert!(page.cookies().is_empty(), "{page:?}");
    }
}

mod on_postgres {
    #[tokio::test]
    async fn the_shop_is_unavailable_until_the_database_server_is_back() {
        let postgres = test_servers::Database::Postgres;
        super::the_shop_is_unavailable_until_the_database_server_is_back(postgres).await;
    }
}

mod on_mysql {
    #[tokio::test]
    async fn the_shop_is_unavailable_until_the_database_server_is_back() {
        let mariadb = test_servers::Database::MariaDb;
        super::the_shop_is_unavailable_until_the_database_server_is_back(mariadb).await;
    }
}
