//! Three masters, without replicas.

use std::sync::OnceLock;

use redis::cluster::ClusterClient;
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database};

use crate::support::unique_prefix;

/// The nodes of the one cluster that all tests share. It ends with this process.
fn nodes() -> &'static [String] {
    static CLUSTER: OnceLock<(Cluster, Vec<String>)> = OnceLock::new();
    let (_, urls) = CLUSTER.get_or_init(|| {
        let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
        let urls = cluster.urls();
        (cluster, urls)
    });
    urls
}

async fn store() -> RedisSessionStore {
    let nodes = tokio::task::spawn_blocking(nodes).await.unwrap();
    let store = RedisSessionStore::cluster(ClusterClient::builder(nodes.to_vec())).await;
    store
        .expect("the cluster runs")
        .with_prefix(&unique_prefix())
}

mod conformance {
    session_conformance::test_suite!(super::store().await);
}
