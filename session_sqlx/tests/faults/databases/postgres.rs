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
    /// Ends all connections but that of the test, with a message to their clients.
    pub(crate) async fn end_connections(&self) {
        let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        assert!(self.count(end).await > 0);
    }

    /// Starts the server again as a standby, which waits for a primary server.
    pub(crate) async fn make_replica(&mut self) {
        self.server.kill().unwrap();
        let signal = self.server.folder().join("data/standby.signal");
        std::fs::write(&signal, "").unwrap();
        self.server.chown_to(&signal).unwrap();
        self.server.restart().unwrap();
    }
}
