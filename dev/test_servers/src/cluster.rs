//! A cluster of Redis or Valkey servers.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use redis::{Connection, cmd};

use crate::database::Database;
use crate::port;
use crate::server::{Server, Setup};

/// Masters that share the slots, each with as many replicas.
///
/// Nodes have the numbers that they were started with: first the masters, then their replicas.
///
/// # Example
///
/// ```no_run
/// use test_servers::{Cluster, Database};
///
/// # fn main() -> anyhow::Result<()> {
/// let mut cluster = Cluster::start(Database::Redis, 3, 0)?;
/// println!("{:?}", cluster.urls());
/// cluster.node(1).kill()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
    masters: usize,
}

/// How many slots every cluster has.
const SLOTS: usize = 16_384;

/// How long the nodes may take to agree.
const AGREEMENT_LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// After so many milliseconds without a word, a node is taken for dead.
const NODE_TIMEOUT: u32 = 1_500;

impl Cluster {
    /// Starts a cluster that loses what it has acknowledged when all of it is killed, and waits until it
    /// can be used.
    ///
    /// # Errors
    ///
    /// If the programs are missing, or the nodes do not come to an agreement.
    pub fn start(database: Database, masters: usize, replicas: usize) -> anyhow::Result<Self> {
        let setup = Setup::of(database).without_durability();
        Self::start_with(&setup, masters, replicas)
    }

    /// The same, with servers that are set up so.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub fn start_with(setup: &Setup, masters: usize, replicas: usize) -> anyhow::Result<Self> {
        let password = port::random_word();
        let nodes = (0..masters * (1 + replicas)).map(|_| {
            let setup = setup.clone().with_password(&password);
            let bus = port::free()?;
            setup
                .with("cluster-enabled yes")
                .with(format!("cluster-port {bus}"))
                .with(format!("cluster-node-timeout {NODE_TIMEOUT}"))
                .with("cluster-replica-validity-factor 0")
                .start()
        });
        let nodes = nodes.collect::<anyhow::Result<_>>()?;
        let mut cluster = Self { nodes, masters };
        cluster.form()?;
        Ok(cluster)
    }

    /// The URLs of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url).collect()
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The server with that number.
    pub fn node(&mut self, number: usize) -> &mut Server {
        &mut self.nodes[number]
    }

    /// Waits until all nodes that run take the cluster for whole.
    ///
    /// # Errors
    ///
    /// If they do not within a minute.
    pub fn wait_until_whole(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while !self.is_whole() {
            let late = start.elapsed() > AGREEMENT_LIMIT;
            ensure!(!late, "the nodes of the cluster do not agree");
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Moves a slot with all its keys to the master with that number, as an administrator does: clients
    /// are sent from node to node meanwhile. Calls `halfway` when it is neither here nor there.
    ///
    /// # Errors
    ///
    /// If a node fails, or a master has no slot to move.
    pub fn migrate(&self, slot: u16, target: usize, halfway: impl FnOnce()) -> anyhow::Result<()> {
        let source = self.owner(slot)?;
        if source == target {
            return Ok(());
        }
        let mut from = self.nodes[source].redis()?;
        let mut to = self.nodes[target].redis()?;
        let (from_id, to_id) = (id(&mut from)?, id(&mut to)?);
        let set = |node: &mut Connection, what: &str, other: &str| {
            let mut command = cmd("CLUSTER");
            command.arg("SETSLOT").arg(slot).arg(what).arg(other);
            command.exec(node)
        };
        set(&mut to, "IMPORTING", &from_id)?;
        set(&mut from, "MIGRATING", &to_id)?;
        self.move_keys(&mut from, slot, target, 1)?;
        halfway();
        while self.move_keys(&mut from, slot, target, 100)? > 0 {}
        wait_for_epoch(&mut from, &mut to)?;
        set(&mut to, "NODE", &to_id)?;
        set(&mut from, "NODE", &to_id)?;
        Ok(())
    }

    fn move_keys(
        &self,
        from: &mut Connection,
        slot: u16,
        target: usize,
        count: u32,
    ) -> anyhow::Result<usize> {
        let mut command = cmd("CLUSTER");
        command.arg("GETKEYSINSLOT").arg(slot).arg(count);
        let keys: Vec<Vec<u8>> = command.query(from)?;
        if keys.is_empty() {
            return Ok(0);
        }
        let target = &self.nodes[target];
        let mut command = cmd("MIGRATE");
        command.arg("127.0.0.1").arg(target.address().port());
        command.arg("").arg(0).arg(5_000);
        command.arg("AUTH").arg(target.password());
        command.arg("KEYS").arg(&keys).exec(from)?;
        Ok(keys.len())
    }

    /// The master that has the slot.
    fn owner(&self, slot: u16) -> anyhow::Result<usize> {
        let mut numbers = 0..self.masters;
        let owner = numbers.find(|number| {
            let slots = self.slots_of(*number).unwrap_or_default();
            slots.iter().any(|slots| slots.contains(&slot))
        });
        owner.context("no master has the slot")
    }

    fn slots_of(&self, number: usize) -> anyhow::Result<Vec<std::ops::RangeInclusive<u16>>> {
        let mut connection = self.nodes[number].redis()?;
        let nodes: String = cmd("CLUSTER").arg("NODES").query(&mut connection)?;
        let myself = nodes.lines().find(|line| line.contains("myself"));
        let words = myself
            .context("a node that is not there")?
            .split(' ')
            .skip(8);
        let ranges = words.filter_map(|word| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            Some(first.parse().ok()?..=last.parse().ok()?)
        });
        Ok(ranges.collect())
    }

    /// Makes one cluster of the nodes.
    fn form(&mut self) -> anyhow::Result<()> {
        let share = SLOTS.div_ceil(self.masters);
        for (number, node) in self.nodes.iter().enumerate() {
            let mut connection = node.redis()?;
            if number < self.masters {
                let slots = number * share..((number + 1) * share).min(SLOTS);
                let mut command = cmd("CLUSTER");
                command.arg("ADDSLOTS").arg(slots.collect::<Vec<_>>());
                command.exec(&mut connection)?;
            }
            let mut command = cmd("CLUSTER");
            command.arg("SET-CONFIG-EPOCH").arg(number + 1);
            command.exec(&mut connection)?;
        }
        let mut first = self.nodes[0].redis()?;
        for node in &self.nodes[1..] {
            let port = node.address().port();
            let bus = bus_port(node)?;
            let mut command = cmd("CLUSTER");
            command.arg("MEET").arg("127.0.0.1").arg(port).arg(bus);
            command.exec(&mut first)?;
        }
        self.wait_until_whole()?;
        self.copy_to_replicas()?;
        self.wait_until_whole()
    }

    fn copy_to_replicas(&self) -> anyhow::Result<()> {
        for (number, node) in self.nodes.iter().enumerate().skip(self.masters) {
            let mut master = self.nodes[number % self.masters].redis()?;
            let master = id(&mut master)?;
            let mut connection = node.redis()?;
            cmd("CLUSTER")
                .arg("REPLICATE")
                .arg(master)
                .exec(&mut connection)?;
        }
        let start = Instant::now();
        while !self.nodes[self.masters..].iter().all(is_linked) {
            let late = start.elapsed() > AGREEMENT_LIMIT;
            ensure!(!late, "replicas do not reach their masters");
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Whether each node that runs knows all others, and finds all slots served.
    fn is_whole(&self) -> bool {
        let mut running = self.nodes.iter().filter_map(|node| node.redis().ok());
        let expected = format!("cluster_known_nodes:{}", self.nodes.len());
        running.all(|mut node| {
            let info = cmd("CLUSTER").arg("INFO").query::<String>(&mut node);
            info.is_ok_and(|info| info.contains("cluster_state:ok") && info.contains(&expected))
        })
    }
}

/// Waits until the new owner of a slot knows how far the old one has counted. Before that, its claim might be taken for
/// the older one, and in the end nobody would have the slot. Many slots for one target in a row have to wait once.
fn wait_for_epoch(from: &mut Connection, to: &mut Connection) -> anyhow::Result<()> {
    let start = Instant::now();
    let counted = number(from, "cluster_my_epoch")?;
    while number(to, "cluster_current_epoch")? < counted {
        let late = start.elapsed() > AGREEMENT_LIMIT;
        ensure!(!late, "a node does not hear of another one");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn number(node: &mut Connection, name: &str) -> anyhow::Result<u64> {
    let info: String = cmd("CLUSTER").arg("INFO").query(node)?;
    let mut lines = info.lines();
    let number = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(number
        .context("a node that does not count")?
        .trim()
        .parse()?)
}

fn id(connection: &mut Connection) -> anyhow::Result<String> {
    Ok(cmd("CLUSTER").arg("MYID").query(connection)?)
}

fn bus_port(node: &Server) -> anyhow::Result<u16> {
    let mut connection = node.redis()?;
    let mut command = cmd("CONFIG");
    command.arg("GET").arg("cluster-port");
    let (_, port): (String, u16) = command.query(&mut connection)?;
    Ok(port)
}

/// Whether the replica has what its master has.
fn is_linked(replica: &Server) -> bool {
    let info = replica.redis().and_then(|mut connection| {
        let mut command = cmd("INFO");
        Ok(command
            .arg("replication")
            .query::<String>(&mut connection)?)
    });
    info.is_ok_and(|info| info.contains("role:slave") && info.contains("master_link_status:up"))
}
