//! Users with few rights.

use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::{SqlSessionConfig, TableName};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Connection, MySqlConnection, MySqlPool};

use super::server;
use crate::facts;
use crate::support::{printed, tested, unique_table, url};

/// A database, and a user who may do nothing there. The name of both is that of the table.
struct Site {
    admin: MySqlPool,
    name: TableName,
}

impl Site {
    async fn test(test: impl AsyncFnOnce(&Self)) {
        let admin = MySqlPool::connect_with(server::options()).await.unwrap();
        let site = Self {
            admin,
            // MariaDB lets everybody use databases whose names begin with `test_`.
            name: format!("rights_{}", unique_table()).parse().unwrap(),
        };
        site.run("CREATE DATABASE :name").await;
        site.run("CREATE USER :user IDENTIFIED BY 'open-sesame'")
            .await;
        let leave = async {
            site.run("DROP USER :user").await;
            site.run("DROP DATABASE :name").await;
        };
        tested(test(&site), leave).await;
    }

    /// Runs a statement of the administrator, with the names of the database and of the user in
    /// place of `:name` and `:user`.
    async fn run(&self, statement: &str) {
        let user = format!("'{}'@'127.0.0.1'", self.user());
        let statement = statement.replace(":user", &user);
        let statement = statement.replace(":name", self.name.as_str());
        let done = sqlx::raw_sql(&statement).execute(&self.admin).await;
        done.unwrap();
    }

    /// A name of a user has at most 32 characters.
    fn user(&self) -> String {
        self.name.as_str().chars().rev().take(32).collect()
    }

    async fn store_of_the_user(&self) -> MySqlSessionStore {
        let options = server::options().username(&self.user());
        self.store(options.password("open-sesame")).await
    }

    async fn store(&self, options: MySqlConnectOptions) -> MySqlSessionStore {
        let pool = MySqlPool::connect_with(options.database(self.name.as_str())).await;
        MySqlSessionStore::with_table(pool.unwrap(), self.name.clone())
    }
}

#[tokio::test]
async fn the_documented_rights_suffice_for_a_table_that_another_user_has_made() {
    Site::test(async |site| {
        let store = site.store(server::options()).await;
        store.migrate().await.unwrap();
        site.run("GRANT SELECT, INSERT, UPDATE, DELETE ON :name.:name TO :user")
            .await;
        site.run("GRANT SELECT ON :name.:name_schema TO :user")
            .await;
        let store = site.store_of_the_user().await;
        store.migrate().await.unwrap();
        facts::run_each_operation(&store).await;
    })
    .await;
}

#[tokio::test]
async fn a_missing_right_to_create_the_table_is_an_error_at_the_start() {
    Site::test(async |site| {
        site.run("GRANT SELECT ON :name.* TO :user").await;
        let migration = site.store_of_the_user().await.migrate().await;
        let printed = printed(&migration.unwrap_err());
        assert!(printed.contains("CREATE command denied"), "{printed}");
    })
    .await;
}

#[tokio::test]
async fn a_refused_connection_is_an_error_at_the_start_with_advice() {
    Site::test(async |site| {
        let url = url("SESSION_TEST_MYSQL_URL");
        let (_, host) = url.rsplit_once('@').unwrap();
        let (host, _) = host.split_once('/').unwrap();
        let [user, name] = [&site.user(), site.name.as_str()];
        let url = format!("mysql://{user}:open-sesame@{host}/{name}");
        let config = SqlSessionConfig::new(url.parse().unwrap());
        let refusal = async || {
            let error = MySqlSessionStore::from_config(&config).await.unwrap_err();
            printed(&error)
        };
        let error = refusal().await;
        assert!(error.contains("Grant the user rights"), "{error}");
        site.run("GRANT ALL ON :name.* TO :user").await;
        site.run("ALTER USER :user WITH MAX_USER_CONNECTIONS 1")
            .await;
        let options = server::options().username(user).password("open-sesame");
        let other = MySqlConnection::connect_with(&options.database(name)).await;
        let error = refusal().await;
        assert!(error.contains("fewer worker threads"), "{error}");
        other.unwrap().close().await.unwrap();
    })
    .await;
}
