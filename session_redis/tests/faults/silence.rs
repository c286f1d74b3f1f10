//! Nothing comes through the open connections any more, and none of them is closed.

use std::time::Duration;

use session_test_support::scenarios::silence_under_load;
use session_test_support::{Proxy, alone, app};
use test_servers::{Cluster, Database, Server};

use crate::site::{ask, cluster_store, durable, store_at};

const NODES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_connection_replaces_a_silent_one() {
    let _alone = alone().await;
    let server = durable();
    let proxy = Proxy::to(&server).await;
    let store = store_at(&server.url_through(proxy.address())).await;
    silence_under_load(&app(store), &[proxy]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn new_connections_replace_silent_ones_to_a_cluster() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, NODES, 0).unwrap();
    let mut proxies = vec![];
    let mut urls = vec![];
    for number in 0..NODES {
        let node = cluster.node(number);
        let proxy = Proxy::to(node).await;
        announce(node, &proxy);
        urls.push(node.url_through(proxy.address()));
        proxies.push(proxy);
    }
    wait_until_announced(&mut cluster, &proxies).await;
    let store = cluster_store(&urls).await;
    silence_under_load(&app(store), &proxies).await;
}

/// Makes the node announce the address of its proxy to clients.
fn announce(node: &Server, proxy: &Proxy) {
    let port = proxy.address().port();
    let _: () = ask(node, &format!("CONFIG SET cluster-announce-port {port}"));
}

/// Waits until each node announces the proxies of all nodes.
async fn wait_until_announced(cluster: &mut Cluster, proxies: &[Proxy]) {
    let is_announced = |server: &Server| {
        let nodes: String = ask(server, "CLUSTER NODES");
        let mut ports = proxies.iter().map(|proxy| proxy.address().port());
        ports.all(|port| nodes.contains(&format!(":{port}@")))
    };
    while !(0..NODES).all(|number| is_announced(cluster.node(number))) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
