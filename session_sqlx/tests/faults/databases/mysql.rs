use session_sqlx::mysql::MySqlSessionStore;
use sqlx::MySqlPool;
use sqlx::mysql::MySqlPoolOptions;
use test_servers::Database;

use super::server::site_on_a_server;

site_on_a_server!(
    MySqlPool,
    MySqlPoolOptions,
    MySqlSessionStore,
    Database::MariaDb
);

impl Site {
    /// Makes the server refuse changes, as a replica does.
    pub(crate) async fn make_replica(&mut self) {
        self.execute("SET GLOBAL read_only = 1").await;
    }
}
