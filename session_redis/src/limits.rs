use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};

/// How long a connection may keep an operation waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For a new connection, up to the end of its handshake.
    pub(crate) connect: Duration,
    /// For an answer.
    pub(crate) respond: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            respond: Duration::from_secs(1),
        }
    }
}

/// A connection whose other end is gone without a word is given up by the operating system soon.
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
