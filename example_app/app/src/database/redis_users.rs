use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncTypedCommands, Client, ConnectionInfo};

use super::errors::Cause;
use super::users::UserTable;

/// The members in Redis: one hash that maps names to password hashes.
pub(super) struct RedisUsers(ConnectionManager);

const KEY: &str = "shop:users";

/// Replaces a member's hash if it is the old one. Arguments: name, old hash, new hash.
const REPLACE: &str = "
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1";

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

    async fn replace_password_hash(&self, name: &str, old: &str, new: &str) -> Result<bool, Cause> {
        let mut replace = redis::cmd("EVAL");
        replace.arg(REPLACE).arg(1).arg(KEY);
        replace.arg(name).arg(old).arg(new);
        Ok(replace.query_async(&mut self.0.clone()).await?)
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        Ok(self.0.clone().hget(KEY, name).await?)
    }
}
