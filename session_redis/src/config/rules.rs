//! The rules that a configuration as a whole has to keep.

use std::time::Duration;

use redis::ConnectionAddr;
use session::SessionPolicy;

use super::errors::InvalidRedisConfig as Invalid;
use super::section::{RedisMode, RedisSessionConfig};
use super::url::RedisUrl;
use crate::topology::limits::Limits;

const LEAST_LIMIT: Duration = Duration::from_millis(1);

/// Returns the URLs, of which there is at least one.
///
/// # Errors
///
/// Returns an error if the URLs do not fit the mode, the other fields or each other.
pub(super) fn checked_urls(config: &RedisSessionConfig) -> Result<&[RedisUrl], Invalid> {
    let urls = urls(config)?;
    check_mode(config, urls)?;
    let differs = |url: &RedisUrl| !same_but_for_address(url, &urls[0]);
    if urls.iter().any(differs) {
        return Err(Invalid::DifferentUrls);
    }
    match &config.tls {
        Some(_) if !urls[0].has_tls() => Err(Invalid::UnusedTls),
        _ => Ok(urls),
    }
}

fn urls(config: &RedisSessionConfig) -> Result<&[RedisUrl], Invalid> {
    match (&config.url, config.urls.as_slice()) {
        (None, []) => Err(Invalid::NoUrl),
        (Some(_), [_, ..]) => Err(Invalid::UrlAndUrls),
        (Some(url), []) => Ok(std::slice::from_ref(url)),
        (None, urls) => Ok(urls),
    }
}

fn check_mode(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<(), Invalid> {
    match config.mode {
        RedisMode::Single => check_single(config, urls),
        RedisMode::Cluster => check_cluster(config, urls),
        RedisMode::Sentinel => check_sentinels(config, urls),
    }
}

fn check_single(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<(), Invalid> {
    if urls.len() > 1 {
        return Err(Invalid::SeveralUrls);
    }
    check_no_sentinels(config)
}

fn check_cluster(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<(), Invalid> {
    check_hosts(urls)?;
    if urls.iter().any(|url| url.database() != 0) {
        return Err(Invalid::DatabaseOfCluster);
    }
    check_no_sentinels(config)
}

fn check_sentinels(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<(), Invalid> {
    check_hosts(urls)?;
    match config.master_name.as_deref() {
        None | Some("") => Err(Invalid::NoMasterName),
        Some(_) => Ok(()),
    }
}

fn check_hosts(urls: &[RedisUrl]) -> Result<(), Invalid> {
    let is_socket = |url: &RedisUrl| matches!(url.info().addr(), ConnectionAddr::Unix(_));
    match urls.iter().any(is_socket) {
        true => Err(Invalid::SocketOfSeveral),
        false => Ok(()),
    }
}

fn check_no_sentinels(config: &RedisSessionConfig) -> Result<(), Invalid> {
    let for_sentinels_only = [
        ("master_name", config.master_name.is_some()),
        ("sentinel_username", config.sentinel_username.is_some()),
        ("sentinel_password", config.sentinel_password.is_some()),
    ];
    match for_sentinels_only.into_iter().find(|(_, is_set)| *is_set) {
        Some((field, _)) => Err(Invalid::ForSentinelsOnly { field }),
        None => Ok(()),
    }
}

/// Returns `true` if both URLs have the same settings, which are those of all connections.
fn same_but_for_address(one: &RedisUrl, other: &RedisUrl) -> bool {
    let (this, that) = (one.info().redis_settings(), other.info().redis_settings());
    one.has_tls() == other.has_tls()
        && this.db() == that.db()
        && this.username() == that.username()
        && this.password() == that.password()
        && this.protocol() == that.protocol()
}

impl RedisSessionConfig {
    /// Compares the time limits with `session.store.timeout`. Sentinels have twice
    /// `connection_timeout`: to find the master, and to connect to it.
    ///
    /// # Errors
    ///
    /// Returns [`BeyondOperation`](Invalid::BeyondOperation), or for sentinels
    /// [`SearchBeyondOperation`](Invalid::SearchBeyondOperation), if one of them is not shorter.
    pub fn check_against(&self, policy: &SessionPolicy) -> Result<(), Invalid> {
        let operation = policy.config().store.timeout;
        let limits = checked_limits(self)?;
        let beyond = |field| Err(Invalid::BeyondOperation { field, operation });
        if limits.connect >= operation {
            return beyond("connection_timeout");
        }
        if self.mode == RedisMode::Sentinel && limits.search() >= operation {
            return Err(Invalid::SearchBeyondOperation { operation });
        }
        match limits.respond < operation {
            true => Ok(()),
            false => beyond("response_timeout"),
        }
    }
}

/// Returns the time limits.
///
/// # Errors
///
/// Returns an error if one of them is too short.
pub(super) fn checked_limits(config: &RedisSessionConfig) -> Result<Limits, Invalid> {
    let limit = |field, value: Option<Duration>, default| match value {
        Some(value) if value < LEAST_LIMIT => Err(Invalid::NoTime { field }),
        Some(value) => Ok(value),
        None => Ok(default),
    };
    let Limits { connect, respond } = Limits::default();
    Ok(Limits {
        connect: limit("connection_timeout", config.connection_timeout, connect)?,
        respond: limit("response_timeout", config.response_timeout, respond)?,
    })
}
