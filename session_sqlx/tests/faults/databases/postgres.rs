use session_sqlx::postgres::PostgresSessionStore;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use test_servers::Database;

use super::server::site_on_a_server;

site_on_a_server!(
    PgPool,
    PgPoolOptions,
    PostgresSessionStore,
    Database::Postgres
);
