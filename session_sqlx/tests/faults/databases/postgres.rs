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

impl Site {
    /// Starts the server again as a standby, which waits for a primary server.
    pub(crate) async fn make_replica(&mut self) {
        self.server.kill().unwrap();
        let signal = self.server.folder().join("data/standby.signal");
        std::fs::write(&signal, "").unwrap();
        self.server.chown_to(&signal).unwrap();
        self.server.restart().unwrap();
    }
}
