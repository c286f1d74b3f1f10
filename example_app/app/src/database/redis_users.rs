use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncTypedCommands, Client, ConnectionInfo};

use super::errors::Cause;
use super::users::UserTable;

/// The members in Redis: one hash that maps names to password hashes.
pub(super) struct RedisUsers(ConnectionManager);

const KEY: &str = "shop:users";

impl RedisUsers {
    /// Connects to the server. `limit` bounds each attempt to connect and each command.
    pub(super) async fn connect(info: &ConnectionInfo, limit: Duration) -> Result<Self, Cause> {
        let settings = TcpSettings::default().set_nodelay(true);
        // The kernel gives up a silent connection, so that the next request opens another one.
        #[cfg(target_os = "linux")]
        let settings = settings.set_user_timeout(limit);
        let info = info.clone().set_tcp_settings(settings);
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(limit))
            .set_response_timeout(Some(limit));
        let client = Client::open(info)?;
        let manager = client.get_connection_manager_with_config(config).await?;
        Ok(Self(manager))
    }
}

#[async_trait::async_trait]
impl UserTable for RedisUsers {
    async fn insert(&self, name: &str, password_hash: &str) -> Result<bool, Cause> {
        Ok(self.0.clone().hset_nx(KEY, name, password_hash).await?)
    }

    async fn set_password_hash(&self, name: &str, password_hash: &str) -> Result<(), Cause> {
        // The shop removes no members, so nothing can happen between the two commands.
        if self.0.clone().hexists(KEY, name).await? {
            self.0.clone().hset(KEY, name, password_hash).await?;
        }
        Ok(())
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        Ok(self.0.clone().hget(KEY, name).await?)
    }
}
