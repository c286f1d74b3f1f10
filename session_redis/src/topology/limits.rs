use std::time::Duration;

use redis::RedisResult;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use session::store::within;

use super::failures::timed_out;

/// The time limits of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The limit of connecting, with the handshake.
    pub(crate) connect: Duration,
    /// The limit of waiting for an answer.
    pub(crate) respond: Duration,
}

impl Limits {
    /// The limit of finding the master by the sentinels, and of connecting to it.
    pub(crate) fn search(&self) -> Duration {
        self.connect.saturating_mul(2)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            respond: Duration::from_secs(1),
        }
    }
}

/// Waits for a result, which is an error after the limit.
pub(super) async fn limited<T>(
    limit: Duration,
    result: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    let result = within(limit, result).await;
    result.unwrap_or_else(|| Err(timed_out()))
}

/// Settings with which the operating system soon gives up a connection without an other end.
pub(crate) fn tcp_settings() -> TcpSettings {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(5));
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(Duration::from_secs(10));
    settings
}
