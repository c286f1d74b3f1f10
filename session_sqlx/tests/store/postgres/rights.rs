//! Users with few rights, and schemas other than `public`.

use session::store::SessionStorageBackend;
use session_conformance::RecordBuilder;
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use sqlx::PgPool;

use super::server::{self, Postgres};
use crate::facts;
use crate::support::{printed, tested, url};

/// A user who may do nothing but connect.
struct User(Postgres);

impl User {
    async fn test(fixture: Postgres, test: impl AsyncFnOnce(&Self)) {
        let user = Self(fixture);
        user.run("CREATE ROLE :user LOGIN PASSWORD 'open-sesame'")
            .await;
        let leave = user.run("DROP OWNED BY :user; DROP ROLE :user");
        tested(test(&user), leave).await;
    }

    /// Runs statements of the administrator, with the names of the user and of the table in place
    /// of `:user` and `:table`.
    async fn run(&self, statements: &str) {
        let table = self.0.store.table().as_str();
        let statements = statements.replace(":user", &format!("{table}_user"));
        let statements = statements.replace(":table", table);
        sqlx::raw_sql(&statements)
            .execute(&self.0.pool)
            .await
            .unwrap();
    }

    async fn store(&self) -> PostgresSessionStore {
        let table = self.0.store.table().clone();
        let options = server::options().username(&format!("{table}_user"));
        let pool = PgPool::connect_with(options.password("open-sesame")).await;
        PostgresSessionStore::with_table(pool.unwrap(), table)
    }
}

#[tokio::test]
async fn the_documented_rights_suffice_for_a_table_that_another_user_has_made() {
    server::test(async |f| {
        User::test(f, async |user| {
            user.run("GRANT SELECT, INSERT, UPDATE, DELETE ON :table TO :user")
                .await;
            user.run("GRANT SELECT ON :table_schema TO :user").await;
            let store = user.store().await;
            store.migrate().await.unwrap();
            facts::run_each_operation(&store).await;
        })
        .await;
    })
    .await;
}

/// Since Postgres 15, only the owner of a database creates tables in `public`.
#[tokio::test]
async fn a_missing_right_to_create_the_table_is_an_error_at_the_start() {
    server::test_unmigrated(async |f| {
        User::test(f, async |user| {
            let error = user.store().await.migrate().await.unwrap_err();
            let printed = printed(&error);
            assert!(
                printed.contains("permission denied for schema"),
                "{printed}"
            );
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn two_schemas_have_a_table_each() {
    server::test_unmigrated(async |f| {
        let table = f.store.table();
        let schemas = [format!("{table}_a"), format!("{table}_b")];
        let record = RecordBuilder::complete(1).build();
        let test = async {
            for schema in &schemas {
                let create = format!("CREATE SCHEMA {schema}");
                sqlx::query(&create).execute(&f.pool).await.unwrap();
                let options = server::options().options([("search_path", schema)]);
                let pool = PgPool::connect_with(options).await.unwrap();
                let store = PostgresSessionStore::with_table(pool, table.clone());
                store.migrate().await.unwrap();
                assert_eq!(facts::load(&store, record.id).await, None);
                _ = store.create(&record).await.unwrap();
            }
        };
        let drop = async {
            for schema in &schemas {
                let drop = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
                sqlx::query(&drop).execute(&f.pool).await.unwrap();
            }
        };
        tested(test, drop).await;
    })
    .await;
}

#[tokio::test]
async fn too_many_connections_are_an_error_at_the_start_with_advice() {
    server::test(async |f| {
        User::test(f, async |user| {
            user.run("ALTER ROLE :user CONNECTION LIMIT 0").await;
            let url = url("SESSION_TEST_POSTGRES_URL");
            let (_, host) = url.rsplit_once('@').unwrap();
            let table = user.0.store.table();
            let url = format!("postgres://{table}_user:open-sesame@{host}");
            let config = SqlSessionConfig::new(url.parse().unwrap());
            let error = PostgresSessionStore::from_config(&config).await;
            let printed = printed(&error.unwrap_err());
            assert!(printed.contains("fewer worker threads"), "{printed}");
        })
        .await;
    })
    .await;
}
