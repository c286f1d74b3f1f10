//! Encrypted connections, with certificates that the tests make.

use session::store::SessionStorageBackend;
use session_conformance::{Fixture, RecordBuilder};
use session_redis::{RedisSessionConfig, RedisSessionStore, RedisSetupError};
use session_test_support::Authority;
use test_servers::{Cluster, Database, Setup};

use crate::support::{printed, unique_prefix};

/// A server with a certificate. It demands one of its clients if `mutual`.
fn setup(authority: &Authority, mutual: bool) -> Setup {
    let path = |file: &str| authority.path(file).display().to_string();
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
fn tls(authority: &Authority, with_certificate: bool) -> String {
    let path = |file: &str| authority.path(file).display().to_string();
    let client = format!(
        r#", "certificate": "{}", "key": "{}""#,
        path("client.pem"),
        path("client.key")
    );
    let client = if with_certificate { &client } else { "" };
    format!(r#""tls": {{ "ca": "{}"{client} }}"#, path("ca.pem"))
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
    let server = setup(&authority, false).start().unwrap();
    assert!(server.url().starts_with("rediss://"));
    works(&store(&server.url(), &tls(&authority, false)).await.unwrap()).await;
}

#[tokio::test]
async fn a_server_with_a_certificate_of_an_unknown_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = setup(&authority, false).start().unwrap();
    refused(store(&server.url(), &tls(&other, false)).await);
    // The authorities that the operating system trusts have not signed it either.
    refused(store(&server.url(), r#""tls": {}"#).await);
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    authority.sign("server", "127.0.0.2");
    let server = setup(&authority, false).start().unwrap();
    refused(store(&server.url(), &tls(&authority, false)).await);
}

#[tokio::test]
async fn a_client_needs_a_certificate_where_the_server_demands_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = setup(&authority, true).start().unwrap();
    works(&store(&server.url(), &tls(&authority, true)).await.unwrap()).await;
    refused(store(&server.url(), &tls(&authority, false)).await);
    let foreign = tls(&authority, true).replace(
        &authority.path("client").display().to_string(),
        &other.path("client").display().to_string(),
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
    let setup = setup(&authority, true).with("tls-cluster yes");
    let cluster = Cluster::start_with(&setup, 3, 0).unwrap();
    let json = format!(
        r#"{{ "mode": "cluster", "urls": {:?}, {} }}"#,
        cluster.urls(),
        tls(&authority, true)
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
            let server = setup(&authority, true).start().unwrap();
            (authority, server)
        };
        let start = tokio::task::spawn_blocking(move || SERVER.get_or_init(server));
        let (authority, server) = start.await.unwrap();
        let store = store(&server.url(), &tls(authority, true)).await.unwrap();
        Fixture::from(store.with_prefix(&unique_prefix()))
    }

    session_conformance::test_suite!(fixture().await);
}
