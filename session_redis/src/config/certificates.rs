use redis::Client;
use redis::sentinel::SentinelClientBuilder;

use super::errors::InvalidRedisConfig as Invalid;
use super::section::RedisSessionConfig;
#[cfg(feature = "tls")]
use super::section::RedisTlsConfig;
use super::url::RedisUrl;

/// The content of the files that a configuration names.
pub(super) struct Certificates {
    #[cfg(feature = "tls")]
    files: Option<redis::TlsCertificates>,
}

/// The error of a client that cannot be built, which is due to its certificates.
///
/// The original error may quote them.
pub(super) fn invalid_certificates(_: redis::RedisError) -> Invalid {
    Invalid::Certificates
}

#[cfg(not(feature = "tls"))]
impl Certificates {
    pub(super) fn read(_: &RedisSessionConfig, _: &[RedisUrl]) -> Result<Self, Invalid> {
        Ok(Self {})
    }

    pub(super) fn client(&self, url: &RedisUrl) -> Result<Client, Invalid> {
        Client::open(url.info().clone()).map_err(invalid_certificates)
    }

    pub(super) fn add_to(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        builder
    }
}

#[cfg(feature = "tls")]
impl Certificates {
    /// Reads the files, if connections to these URLs use them.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read, or a certificate or its key is missing.
    pub(super) fn read(config: &RedisSessionConfig, urls: &[RedisUrl]) -> Result<Self, Invalid> {
        let Some(tls) = config.tls.as_ref().filter(|_| urls[0].has_tls()) else {
            return Ok(Self { files: None });
        };
        let files = redis::TlsCertificates {
            client_tls: client_certificate(tls)?,
            root_cert: read("ca", tls.ca.as_deref())?,
        };
        Ok(Self { files: Some(files) })
    }

    pub(super) fn client(&self, url: &RedisUrl) -> Result<Client, Invalid> {
        let info = url.info().clone();
        let client = match &self.files {
            Some(files) => Client::build_with_tls(info, files.clone()),
            None => Client::open(info),
        };
        client.map_err(invalid_certificates)
    }

    pub(super) fn add_to(&self, builder: SentinelClientBuilder) -> SentinelClientBuilder {
        match &self.files {
            Some(files) => builder
                .set_client_to_redis_certificates(files.clone())
                .set_client_to_sentinel_certificates(files.clone()),
            None => builder,
        }
    }
}

/// Reads the certificate with which the client proves its identity, if there is one.
#[cfg(feature = "tls")]
fn client_certificate(tls: &RedisTlsConfig) -> Result<Option<redis::ClientTlsConfig>, Invalid> {
    let certificate = read("certificate", tls.certificate.as_deref())?;
    match (certificate, read("key", tls.key.as_deref())?) {
        (None, None) => Ok(None),
        (Some(client_cert), Some(client_key)) => Ok(Some(redis::ClientTlsConfig {
            client_cert,
            client_key,
        })),
        _ => Err(Invalid::CertificateWithoutKey),
    }
}

#[cfg(feature = "tls")]
fn read(field: &'static str, path: Option<&std::path::Path>) -> Result<Option<Vec<u8>>, Invalid> {
    let Some(path) = path else { return Ok(None) };
    let content = std::fs::read(path).map_err(|source| Invalid::UnreadableFile {
        field,
        path: path.to_owned(),
        source,
    })?;
    Ok(Some(content))
}
