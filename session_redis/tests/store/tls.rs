//! Encrypted connections, with certificates that the tests make.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use session::store::SessionStorageBackend;
use session_conformance::{Fixture, RecordBuilder};
use session_redis::{RedisSessionConfig, RedisSessionStore, RedisSetupError};
use tempfile::TempDir;
use test_servers::{Cluster, Database, Setup};

use crate::support::{printed, unique_prefix};

/// An authority, and certificates that it has signed, in files that every user may read.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        let authority = Self { folder, issuer };
        authority.sign("server", "127.0.0.1");
        authority.sign("client", "shop");
        authority
    }

    fn sign(&self, file: &str, name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.path(file, "pem"), certificate.pem()).unwrap();
        fs::write(self.path(file, "key"), key.serialize_pem()).unwrap();
    }

    fn path(&self, file: &str, kind: &str) -> PathBuf {
        self.folder.path().join(file).with_extension(kind)
    }

    /// A server with a certificate. It demands one of its clients if `mutual`.
    fn setup(&self, mutual: bool) -> Setup {
        let Self { folder, .. } = self;
        let path = |file: &str| folder.path().join(file).display().to_string();
        let mutual = if mutual { "yes" } else { "no" };
        Setup::of(Database::Redis)
            .without_durability()
            .with(format!("tls-cert-file {}", path("server.pem")))
            .with(format!("tls-key-file {}", path("server.key")))
            .with(format!("tls-ca-cert-file {}", path("ca.pem")))
            .with(format!("tls-auth-clients {mutual}"))
            .with("tls-replication yes")
    }

    /// The configuration of a client that trusts this authority.
    fn tls(&self, with_certificate: bool) -> String {
        let path = |file: &str| self.folder.path().join(file).display().to_string();
        let client = format!(
            r#", "certificate": "{}", "key": "{}""#,
            path("client.pem"),
            path("client.key")
        );
        let client = if with_certificate { &client } else { "" };
        format!(r#""tls": {{ "ca": "{}"{client} }}"#, path("ca.pem"))
    }
}

async fn store(url: &str, tls: &str) -> Result<RedisSessionStore, RedisSetupError> {
    let json = format!(r#"{{ "url": "{url}", {tls} }}"#);
    let config: RedisSessionConfig = serde_json::from_str(&json).unwrap();
    RedisSessionStore::from_config(&config).await
}

async fn works(store: &RedisSessionStore) {
    let store = store.with_prefix(&unique_prefix());
    for n in 0..20 {
        let record = RecordBuilder::complete(n).build();
        _ = store.create(&record).await.unwrap();
        assert_eq!(store.load(record.id).await.unwrap(), Some(record));
    }
}

#[tokio::test]
async fn a_server_with_a_certificate_of_the_configured_authority_is_accepted() {
    let authority = Authority::new();
    let server = authority.setup(false).start().unwrap();
    assert!(server.url().starts_with("rediss://"));
    works(&store(&server.url(), &authority.tls(false)).await.unwrap()).await;
}

#[tokio::test]
async fn a_server_with_a_certificate_of_an_unknown_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.setup(false).start().unwrap();
    refused(store(&server.url(), &other.tls(false)).await);
    // The authorities that the operating system trusts have not signed it either.
    refused(store(&server.url(), r#""tls": {}"#).await);
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    authority.sign("server", "127.0.0.2");
    let server = authority.setup(false).start().unwrap();
    refused(store(&server.url(), &authority.tls(false)).await);
}

#[tokio::test]
async fn a_client_needs_a_certificate_where_the_server_demands_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.setup(true).start().unwrap();
    works(&store(&server.url(), &authority.tls(true)).await.unwrap()).await;
    refused(store(&server.url(), &authority.tls(false)).await);
    let foreign = authority.tls(true).replace(
        &authority.path("client", "").display().to_string(),
        &other.path("client", "").display().to_string(),
    );
    refused(store(&server.url(), &foreign).await);
}

fn refused(store: Result<RedisSessionStore, RedisSetupError>) {
    let error = store.unwrap_err();
    assert!(
        matches!(error, RedisSetupError::Store(_)),
        "{}",
        printed(&error)
    );
}

#[tokio::test]
async fn a_client_needs_a_certificate_where_a_cluster_demands_one() {
    let authority = Authority::new();
    let setup = authority.setup(true).with("tls-cluster yes");
    let cluster = Cluster::start_with(&setup, 3, 0).unwrap();
    let json = format!(
        r#"{{ "mode": "cluster", "urls": {:?}, {} }}"#,
        cluster.urls(),
        authority.tls(true)
    );
    let config: RedisSessionConfig = serde_json::from_str(&json).unwrap();
    works(&RedisSessionStore::from_config(&config).await.unwrap()).await;
}

/// The contract over an encrypted connection.
mod conformance {
    use std::sync::OnceLock;

    use super::*;

    async fn fixture() -> Fixture {
        static SERVER: OnceLock<(Authority, test_servers::Server)> = OnceLock::new();
        let server = || {
            let authority = Authority::new();
            let server = authority.setup(true).start().unwrap();
            (authority, server)
        };
        let start = tokio::task::spawn_blocking(move || SERVER.get_or_init(server));
        let (authority, server) = start.await.unwrap();
        let store = store(&server.url(), &authority.tls(true)).await.unwrap();
        Fixture::from(store.with_prefix(&unique_prefix()))
    }

    session_conformance::test_suite!(fixture().await);
}
