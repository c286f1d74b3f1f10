//! Connections as configured.

use std::time::Duration;

use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{Client, ConnectionAddr, ConnectionInfo};

use super::{
    InvalidRedisConfig as Invalid, RedisMode, RedisSessionConfig, RedisSetupError, RedisUrl,
};
use crate::limits::{Limits, tcp_settings};
use crate::link::Link;
use crate::tls;

impl RedisSessionConfig {
    /// The way to the servers; nobody has gone it yet.
    pub(crate) fn link(&self) -> Result<Link, RedisSetupError> {
        let urls = self.checked_urls()?;
        let certificates = Certificates::read(self, urls)?;
        let limits = self.limits()?;
        tls::prepare();
        let link = match self.mode {
            RedisMode::Single => Ok(Link::to_server(certificates.client(&urls[0])?, limits)),
            RedisMode::Cluster => {
                let nodes = urls.iter().map(|url| certificates.client(url));
                let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
                Ok(Link::to_cluster(nodes, limits))
            }
            RedisMode::Sentinel => self.sentinels(urls, &certificates, limits),
        };
        Ok(link?)
    }

    fn checked_urls(&self) -> Result<&[RedisUrl], Invalid> {
        let urls = match (&self.url, self.urls.as_slice()) {
            (None, []) => return Err(Invalid::NoUrl),
            (Some(_), [_, ..]) => return Err(Invalid::UrlAndUrls),
            (Some(url), []) => std::slice::from_ref(url),
            (None, urls) => urls,
        };
        self.check_mode(urls)?;
        let differs = |url: &RedisUrl| !same_but_for_address(url, &urls[0]);
        if urls.iter().any(differs) {
            return Err(Invalid::DifferentUrls);
        }
        match &self.tls {
            Some(_) if !urls[0].has_tls() => Err(Invalid::UnusedTls),
            _ => Ok(urls),
        }
    }

    /// Whether everything fits what is at the URLs.
    fn check_mode(&self, urls: &[RedisUrl]) -> Result<(), Invalid> {
        let is_socket = |url: &RedisUrl| matches!(url.info().addr(), ConnectionAddr::Unix(_));
        match self.mode {
            RedisMode::Single if urls.len() > 1 => return Err(Invalid::SeveralUrls),
            RedisMode::Single => {}
            _ if urls.iter().any(is_socket) => return Err(Invalid::SocketOfSeveral),
            RedisMode::Cluster if urls.iter().any(|url| url.database() != 0) => {
                return Err(Invalid::DatabaseOfCluster);
            }
            RedisMode::Cluster => {}
            RedisMode::Sentinel => {
                return match self.master_name.as_deref() {
                    None | Some("") => Err(Invalid::NoMasterName),
                    Some(_) => Ok(()),
                };
            }
        }
        let for_sentinels_only = [
            ("master_name", self.master_name.is_some()),
            ("sentinel_username", self.sentinel_username.is_some()),
            ("sentinel_password", self.sentinel_password.is_some()),
        ];
        match for_sentinels_only.into_iter().find(|(_, is_set)| *is_set) {
            Some((field, _)) => Err(Invalid::ForSentinelsOnly { field }),
            None => Ok(()),
        }
    }

    fn limits(&self) -> Result<Limits, Invalid> {
        let limit = |field, value: Option<Duration>, default| match value {
            Some(value) if value < Duration::from_millis(1) => Err(Invalid::NoTime { field }),
            Some(value) => Ok(value),
            None => Ok(default),
        };
        let default = Limits::default();
        Ok(Limits {
            connect: limit(
                "connection_timeout",
                self.connection_timeout,
                default.connect,
            )?,
            respond: limit("response_timeout", self.response_timeout, default.respond)?,
        })
    }

    fn sentinels(
        &self,
        urls: &[RedisUrl],
        certificates: &Certificates,
        limits: Limits,
    ) -> Result<Link, Invalid> {
        let addresses = urls.iter().map(|url| url.info().addr().clone());
        let name = self.master_name.as_deref().unwrap_or_default();
        let master = SentinelServerType::Master;
        let builder = SentinelClientBuilder::new(addresses, name, master);
        let mut builder = builder.map_err(invalid_certificates)?;
        let settings = urls[0].info().redis_settings();
        builder = builder
            .set_client_to_redis_db(settings.db())
            .set_client_to_redis_protocol(settings.protocol())
            .set_client_to_redis_tcp_settings(tcp_settings())
            .set_client_to_sentinel_tcp_settings(tcp_settings());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if let Some(user) = &self.sentinel_username {
            builder = builder.set_client_to_sentinel_username(user);
        }
        if let Some(password) = &self.sentinel_password {
            builder = builder.set_client_to_sentinel_password(password.as_str());
        }
        if urls[0].has_tls() {
            builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
            builder = certificates.of_sentinels(builder);
        }
        let client = builder.build().map_err(invalid_certificates)?;
        Ok(Link::to_master(client, limits))
    }
}

/// All of them are used with the settings of the first one.
fn same_but_for_address(one: &RedisUrl, other: &RedisUrl) -> bool {
    let (this, that) = (one.info().redis_settings(), other.info().redis_settings());
    one.has_tls() == other.has_tls()
        && this.db() == that.db()
        && this.username() == that.username()
        && this.password() == that.password()
        && this.protocol() == that.protocol()
}

/// A client that is only built fails for its certificates; what it says may quote them.
fn invalid_certificates(_: redis::RedisError) -> Invalid {
    Invalid::Certificates
}

/// What is in the files, or nothing.
struct Certificates {
    #[cfg(feature = "tls")]
    files: Option<redis::TlsCertificates>,
}

#[cfg(not(feature = "tls"))]
impl Certificates {
    fn read(_: &RedisSessionConfig, _: &[RedisUrl]) -> Result<Self, Invalid> {
        Ok(Self {})
    }

    fn client(&self, url: &RedisUrl) -> Result<Client, Invalid> {
        Client::open(with_tcp_settings(url)).map_err(invalid_certificates)
    }

    fn of_sentinels(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        builder
    }
}

fn with_tcp_settings(url: &RedisUrl) -> ConnectionInfo {
    url.info().clone().set_tcp_settings(tcp_settings())
}

#[cfg(feature = "tls")]
impl Certificates {
    fn read(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<Self, Invalid> {
        let Some(tls) = config.tls.as_ref().filter(|_| urls[0].has_tls()) else {
            return Ok(Self { files: None });
        };
        let read = |field, path: &Option<std::path::PathBuf>| match path {
            None => Ok(None),
            Some(path) => std::fs::read(path).map(Some).map_err(|source| {
                let path = path.clone();
                Invalid::UnreadableFile {
                    field,
                    path,
                    source,
                }
            }),
        };
        let client_tls = match (
            read("certificate", &tls.certificate)?,
            read("key", &tls.key)?,
        ) {
            (None, None) => None,
            (Some(client_cert), Some(client_key)) => Some(redis::ClientTlsConfig {
                client_cert,
                client_key,
            }),
            _ => return Err(Invalid::CertificateWithoutKey),
        };
        let root_cert = read("ca", &tls.ca)?;
        let files = redis::TlsCertificates {
            client_tls,
            root_cert,
        };
        Ok(Self { files: Some(files) })
    }

    fn client(&self, url: &RedisUrl) -> Result<Client, Invalid> {
        let info = with_tcp_settings(url);
        let client = match &self.files {
            Some(files) => Client::build_with_tls(info, files.clone()),
            None => Client::open(info),
        };
        client.map_err(invalid_certificates)
    }

    fn of_sentinels(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        match &self.files {
            Some(files) => builder
                .set_client_to_redis_certificates(files.clone())
                .set_client_to_sentinel_certificates(files.clone()),
            None => builder,
        }
    }
}
