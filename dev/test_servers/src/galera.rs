use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::database::Database;
use crate::galera_node;
use crate::port;
use crate::programs::Programs;
use crate::server::{Server, Setup};

/// A Galera cluster: two servers of MariaDB with the same data. Both accept changes.
#[derive(Debug)]
pub struct Galera {
    nodes: [Server; 2],
}

/// The package of Debian.
pub(crate) const PACKAGE: &str = "galera-4";

/// The places of the library that joins servers into a cluster.
const LIBRARIES: [&str; 4] = [
    "/usr/lib/galera/libgalera_smm.so",
    "/usr/lib64/galera-4/libgalera_smm.so",
    "/usr/lib64/galera/libgalera_smm.so",
    "/usr/lib/libgalera_smm.so",
];

/// The time until the second node has joined the first one.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

impl Galera {
    /// Starts both nodes, and waits until the second one has joined the first one.
    ///
    /// Both begin with equal data, so that the second one copies nothing. Both may lose
    /// acknowledged changes when they are killed.
    ///
    /// # Errors
    ///
    /// Returns an error if the programs or the library are missing, or if the second node does not
    /// join.
    pub fn start() -> anyhow::Result<Self> {
        let cluster = format!("tcp://127.0.0.1:{}", port::free()?);
        let setup = setup(&find_library()?);
        let first = node(&setup, &cluster)?
            .with(galera_node::FIRST)
            .with("wsrep-new-cluster")
            .start()?;
        let peer = cluster.replace("tcp:", "gcomm:");
        let listener = format!("tcp://127.0.0.1:{}", port::free()?);
        let second = node(&setup, &listener)?
            .with(format!("wsrep-cluster-address={peer}"))
            .start()?;
        let galera = Self {
            nodes: [first, second],
        };
        galera.wait_until_joined()?;
        Ok(galera)
    }

    /// The servers. They have the same user and the same password.
    pub fn nodes(&self) -> &[Server; 2] {
        &self.nodes
    }

    fn wait_until_joined(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        let is_joined = |node: &Server| node.log().contains("Synchronized with group");
        while !self.nodes.iter().all(is_joined) {
            let log = self.nodes[1].log();
            ensure!(
                start.elapsed() < LIMIT,
                "a node does not join the cluster; its log:\n{log}"
            );
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// Finds the library that joins servers into a cluster.
pub(crate) fn find_library() -> anyhow::Result<PathBuf> {
    let programs = Programs::of(Database::MariaDb.engine().facts());
    let mut libraries = LIBRARIES.iter().map(PathBuf::from);
    let found = libraries.find(|library| programs.has(library));
    found.with_context(|| {
        format!(
            "the library `libgalera_smm.so` is missing; on Debian, install it by \
             `apt-get install --no-install-recommends {PACKAGE}`"
        )
    })
}

/// The settings that the nodes share.
fn setup(library: &Path) -> Setup {
    Setup::of(Database::MariaDb)
        .without_durability()
        .with_password(&port::random_word())
        .with("wsrep-on=ON")
        .with(format!("wsrep-provider={}", library.display()))
        .with("wsrep-node-address=127.0.0.1")
        // By default, a node hides the first conflict of a statement.
        .with("wsrep-retry-autocommit=0")
        .with("binlog-format=ROW")
        .with("innodb-autoinc-lock-mode=2")
}

/// The settings of one node, which listens for others at that address.
fn node(setup: &Setup, listener: &str) -> anyhow::Result<Setup> {
    let transfer = port::free()?;
    let setup = setup.clone();
    Ok(setup.with(format!(
        "wsrep-provider-options=gmcast.listen_addr={listener};\
         ist.recv_addr=127.0.0.1:{transfer};gcache.size=32M"
    )))
}
