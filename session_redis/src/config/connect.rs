use std::sync::Arc;

use redis::RedisResult;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};

use super::certificates::{Certificates, invalid_certificates};
use super::errors::RedisSetupError;
use super::rules::{checked_limits, checked_urls};
use super::section::{RedisMode, RedisSessionConfig};
use super::url::RedisUrl;
use crate::topology::Topology;
use crate::topology::limits::tcp_settings;
use crate::topology::source::NewSentinelClients;

/// Returns the topology that a configuration describes. The first command on it connects.
///
/// # Errors
///
/// Returns an error if the configuration breaks a rule.
pub(crate) fn topology(config: &RedisSessionConfig) -> Result<Topology, RedisSetupError> {
    let urls = checked_urls(config)?;
    let certificates = Certificates::read(config, urls)?;
    let limits = checked_limits(config)?;
    match config.mode {
        RedisMode::Single => Ok(Topology::server(&certificates.client(&urls[0])?, limits)?),
        RedisMode::Cluster => {
            let nodes = urls.iter().map(|url| certificates.client(url));
            let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
            Ok(Topology::cluster(nodes, limits))
        }
        RedisMode::Sentinel => {
            let new_clients = sentinels(config.clone(), urls.to_vec(), certificates);
            new_clients().map_err(invalid_certificates)?;
            Ok(Topology::sentinels(new_clients, limits))
        }
    }
}

fn sentinels(
    config: RedisSessionConfig,
    urls: Vec<RedisUrl>,
    certificates: Certificates,
) -> NewSentinelClients {
    Arc::new(move || {
        let clients = urls
            .iter()
            .map(|url| certificates.add_to(sentinel(&config, url)?).build());
        clients.collect()
    })
}

/// The settings of a client that asks one sentinel.
fn sentinel(config: &RedisSessionConfig, url: &RedisUrl) -> RedisResult<SentinelClientBuilder> {
    let address = [url.info().addr().clone()];
    let name = config.master_name.as_deref().unwrap_or_default();
    let builder = SentinelClientBuilder::new(address, name, SentinelServerType::Master)?;
    let builder = with_settings_of_master(builder, url);
    Ok(with_settings_of_sentinel(builder, config))
}

/// Adds the settings of the connection to the sentinel.
fn with_settings_of_sentinel(
    mut builder: SentinelClientBuilder,
    config: &RedisSessionConfig,
) -> SentinelClientBuilder {
    builder = builder.set_client_to_sentinel_tcp_settings(tcp_settings());
    if let Some(user) = &config.sentinel_username {
        builder = builder.set_client_to_sentinel_username(user);
    }
    if let Some(password) = &config.sentinel_password {
        builder = builder.set_client_to_sentinel_password(password.as_str());
    }
    builder
}

/// Adds the settings of the connection to the master, which are those of the URLs.
fn with_settings_of_master(
    mut builder: SentinelClientBuilder,
    url: &RedisUrl,
) -> SentinelClientBuilder {
    let settings = url.info().redis_settings();
    builder = builder
        .set_client_to_redis_db(settings.db())
        .set_client_to_redis_protocol(settings.protocol())
        .set_client_to_redis_tcp_settings(tcp_settings());
    if let Some(user) = settings.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = settings.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if url.has_tls() {
        builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
    }
    builder
}
