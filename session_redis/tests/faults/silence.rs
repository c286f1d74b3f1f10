//! Connections that fall silent: nobody says that they are lost.

use std::time::Duration;

use session::SessionStore;
use test_servers::{Cluster, Database, Server};

use crate::alone::alone;
use crate::ledger::check_all;
use crate::load::{Load, expect_typed_and_timely, summary};
use crate::proxy::Proxy;
use crate::site::{LIMIT, MARGIN, all_are_served, app, durable, store_at};

const CLIENTS: usize = 16;
const SILENCES: u32 = 3;

/// What waits for an answer is given up after the limit; a new connection then takes the place of the old one.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_connection_takes_the_place_of_a_lost_one() {
    let _alone = alone().await;
    let server = durable();
    let proxy = Proxy::to(server.address()).await;
    let store = store_at(&through(&proxy, &server)).await;
    new_connections_take_the_place_of_lost_ones(store.into(), &[proxy]).await;
}

/// Each node tells clients the address of its proxy.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_do_new_connections_to_a_cluster() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let mut proxies = vec![];
    let mut urls = vec![];
    for number in 0..3 {
        let node = cluster.node(number);
        let proxy = Proxy::to(node.address()).await;
        let port = proxy.address().port();
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("cluster-announce-port").arg(port);
        set.exec(&mut node.redis().unwrap()).unwrap();
        urls.push(through(&proxy, node));
        proxies.push(proxy);
    }
    let known = |server: &Server| {
        let nodes: String = crate::site::ask(server, "CLUSTER NODES");
        let mut ports = proxies.iter().map(|proxy| proxy.address().port());
        ports.all(|port| nodes.contains(&format!(":{port}@")))
    };
    while !(0..3).all(|number| known(cluster.node(number))) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let store = crate::site::cluster_store(&urls).await;
    new_connections_take_the_place_of_lost_ones(store.into(), &proxies).await;
}

async fn new_connections_take_the_place_of_lost_ones(store: SessionStore, proxies: &[Proxy]) {
    let app = app(store);
    let load = Load::start(&app, CLIENTS);
    for _ in 0..SILENCES {
        all_are_served(&load, RECOVERY_LIMIT).await;
        for proxy in proxies {
            proxy.silence();
        }
    }
    all_are_served(&load, RECOVERY_LIMIT).await;
    let (entries, answers) = load.finish().await;
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    check_all(&app, &entries).await;
    eprintln!("{}", summary(&answers));
}

fn through(proxy: &Proxy, server: &Server) -> String {
    let direct = server.address().to_string();
    server.url().replace(&direct, &proxy.address().to_string())
}
