use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{Client, ConnectionAddr, ConnectionInfo, RedisResult};

use super::failures::unexpected;
use super::limits::{Limits, tcp_settings};
use super::runtime_connections::RuntimeConnections;
use super::server::Address;
use super::shared_connection::SharedConnection;
use super::source::Source;

/// The nodes of a cluster, with connections to each.
pub(super) struct Nodes {
    /// The nodes that are configured. All nodes demand of clients the same as the first of them.
    seeds: Vec<ConnectionInfo>,
    limits: Limits,
    connections: Mutex<Connections>,
}

type Connections = BTreeMap<Address, RuntimeConnections>;

impl Nodes {
    pub(super) fn new(seeds: impl IntoIterator<Item = Client>, limits: Limits) -> Self {
        let infos = seeds.into_iter().map(|node| {
            let info = node.get_connection_info().clone();
            info.set_tcp_settings(tcp_settings())
        });
        Self {
            seeds: infos.collect(),
            limits,
            connections: Mutex::default(),
        }
    }

    /// Returns the connection of this runtime to a node. The first command on it connects.
    pub(super) fn connection(&self, address: &Address) -> RedisResult<Arc<SharedConnection>> {
        let mut connections = self.lock();
        if let Some(connection) = connections.get(address) {
            return Ok(connection.of_this_runtime());
        }
        let client = Client::open(self.info(address)?)?;
        let source = Source::Server(Box::new(client));
        let new = RuntimeConnections::to(source, self.limits);
        let connection = new.of_this_runtime();
        connections.insert(address.clone(), new);
        Ok(connection)
    }

    /// Drops the connections to all nodes but these masters, and those that are configured, which
    /// are asked again.
    pub(super) fn retain(&self, masters: &[Address]) {
        let mut kept: Vec<_> = self.seeds().collect();
        kept.extend_from_slice(masters);
        self.lock().retain(|address, _| kept.contains(address));
    }

    /// The addresses of the nodes that are configured.
    pub(super) fn seeds(&self) -> impl Iterator<Item = Address> {
        self.seeds.iter().filter_map(|seed| match seed.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some((host.clone(), *port))
            }
            _ => None,
        })
    }

    /// The settings of a connection to a node: those of the first one, with another address.
    fn info(&self, (host, port): &Address) -> RedisResult<ConnectionInfo> {
        let (host, port) = (host.clone(), *port);
        let first = self.seeds.first();
        let first = first.ok_or_else(|| unexpected("a cluster without a node"))?;
        let mut address = first.addr().clone();
        match &mut address {
            ConnectionAddr::TcpTls {
                host: its_host,
                port: its_port,
                ..
            } => (*its_host, *its_port) = (host, port),
            _ => address = ConnectionAddr::Tcp(host, port),
        }
        Ok(first.clone().set_addr(address))
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // Nothing is half done after a panic: a holder of the lock inserts or removes.
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node may be configured by a name, and report an address.
    #[tokio::test]
    async fn connections_to_configured_nodes_are_kept_like_those_to_masters() {
        let nodes = Nodes::new([Client::open("redis://seed:1").unwrap()], Limits::default());
        let [seed, master, other] = ["seed", "master", "other"].map(|name| (name.to_owned(), 1));
        let [of_seed, of_master, of_other] =
            [&seed, &master, &other].map(|node| nodes.connection(node).unwrap());
        nodes.retain(std::slice::from_ref(&master));
        for (node, before, is_kept) in [
            (&seed, of_seed, true),
            (&master, of_master, true),
            (&other, of_other, false),
        ] {
            let after = nodes.connection(node).unwrap();
            assert_eq!(Arc::ptr_eq(&before, &after), is_kept, "{node:?}");
        }
    }
}
