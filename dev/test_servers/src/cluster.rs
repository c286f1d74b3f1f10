use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use redis::{Connection, cmd};

use crate::database::Database;
use crate::port;
use crate::server::{Server, Setup};

/// A cluster of Redis or Valkey servers: masters that share the slots, and their replicas.
///
/// The masters have the first numbers, and the replicas follow.
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

/// The number of slots of every cluster.
const SLOTS: usize = 16_384;

/// The time until the nodes agree.
const AGREEMENT_LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// The time in milliseconds after which the others consider a silent node dead.
const NODE_TIMEOUT: u32 = 1_500;

impl Cluster {
    /// Starts a cluster with this number of replicas for each master, and waits until it is
    /// complete.
    ///
    /// It may lose acknowledged changes when all of its nodes are killed.
    ///
    /// # Errors
    ///
    /// Returns an error if the programs are missing, or if the nodes do not agree.
    pub fn start(database: Database, masters: usize, replicas: usize) -> anyhow::Result<Self> {
        let setup = Setup::of(database).without_durability();
        Self::start_with(&setup, masters, replicas)
    }

    /// Like [`start`](Self::start), with these settings for each server.
    ///
    /// # Errors
    ///
    /// Returns an error as [`start`](Self::start) does.
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

    /// The number of nodes.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The server with this number.
    pub fn node(&mut self, number: usize) -> &mut Server {
        &mut self.nodes[number]
    }

    /// Waits until all running nodes consider the cluster complete.
    ///
    /// # Errors
    ///
    /// Returns an error if that takes longer than a minute.
    pub fn wait_until_whole(&self) -> anyhow::Result<()> {
        wait("the nodes do not agree", || Ok(self.is_whole()))
    }

    /// Moves a slot with all its keys to the master with this number, as an administrator does.
    /// Calls `halfway` after the first key has moved, while nodes redirect clients to each other.
    ///
    /// # Errors
    ///
    /// Returns an error if a node fails, or if no master has the slot.
    pub fn migrate(&self, slot: u16, target: usize, halfway: impl FnOnce()) -> anyhow::Result<()> {
        let source = self.owner(slot)?;
        if source == target {
            return Ok(());
        }
        let mut from = self.nodes[source].redis()?;
        let mut to = self.nodes[target].redis()?;
        let (from_id, to_id) = (id(&mut from)?, id(&mut to)?);
        set_slot(&mut to, slot, "IMPORTING", &from_id)?;
        set_slot(&mut from, slot, "MIGRATING", &to_id)?;
        self.move_keys(&mut from, slot, target, 1)?;
        halfway();
        while self.move_keys(&mut from, slot, target, 100)? > 0 {}
        wait_for_epoch(&mut from, &mut to)?;
        set_slot(&mut to, slot, "NODE", &to_id)?;
        set_slot(&mut from, slot, "NODE", &to_id)
    }

    /// Moves up to `count` keys of the slot. Returns the number of moved keys.
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
        let myself = myself.context("the node does not list itself")?;
        let ranges = myself.split(' ').skip(8).filter_map(|word| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            Some(first.parse().ok()?..=last.parse().ok()?)
        });
        Ok(ranges.collect())
    }

    /// Makes one cluster of the nodes.
    fn form(&mut self) -> anyhow::Result<()> {
        self.share_slots()?;
        self.introduce_nodes()?;
        self.wait_until_whole()?;
        self.attach_replicas()?;
        self.wait_until_whole()
    }

    fn share_slots(&self) -> anyhow::Result<()> {
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
        Ok(())
    }

    fn introduce_nodes(&self) -> anyhow::Result<()> {
        let mut first = self.nodes[0].redis()?;
        for node in &self.nodes[1..] {
            let port = node.address().port();
            let bus = bus_port(node)?;
            let mut command = cmd("CLUSTER");
            command.arg("MEET").arg("127.0.0.1").arg(port).arg(bus);
            command.exec(&mut first)?;
        }
        Ok(())
    }

    fn attach_replicas(&self) -> anyhow::Result<()> {
        for (number, node) in self.nodes.iter().enumerate().skip(self.masters) {
            let mut master = self.nodes[number % self.masters].redis()?;
            let master = id(&mut master)?;
            let mut connection = node.redis()?;
            cmd("CLUSTER")
                .arg("REPLICATE")
                .arg(master)
                .exec(&mut connection)?;
        }
        let replicas = &self.nodes[self.masters..];
        wait("replicas do not reach their masters", || {
            Ok(replicas.iter().all(is_linked))
        })
    }

    /// Returns `true` if each running node is connected to all others and finds all slots served.
    fn is_whole(&self) -> bool {
        let mut running = self.nodes.iter().filter_map(|node| node.redis().ok());
        let expected = format!("cluster_known_nodes:{}", self.nodes.len());
        running.all(|mut node| {
            let info = cmd("CLUSTER").arg("INFO").query::<String>(&mut node);
            info.is_ok_and(|info| info.contains("cluster_state:ok") && info.contains(&expected))
        })
    }
}

fn wait(
    problem: &'static str,
    mut condition: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let start = Instant::now();
    while !condition()? {
        ensure!(start.elapsed() < AGREEMENT_LIMIT, problem);
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn set_slot(node: &mut Connection, slot: u16, state: &str, other: &str) -> anyhow::Result<()> {
    let mut command = cmd("CLUSTER");
    command.arg("SETSLOT").arg(slot).arg(state).arg(other);
    Ok(command.exec(node)?)
}

/// Waits until the new owner of a slot has seen the epoch of the old one. Otherwise other nodes
/// might consider the claim of the new owner the older one, and no node would have the slot.
fn wait_for_epoch(from: &mut Connection, to: &mut Connection) -> anyhow::Result<()> {
    let epoch = number(from, "cluster_my_epoch")?;
    wait("a node has not seen the epoch of another one", || {
        Ok(number(to, "cluster_current_epoch")? >= epoch)
    })
}

fn number(node: &mut Connection, name: &str) -> anyhow::Result<u64> {
    let info: String = cmd("CLUSTER").arg("INFO").query(node)?;
    let mut lines = info.lines();
    let number = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = number.with_context(|| format!("the node does not report `{name}`"))?;
    Ok(number.trim().parse()?)
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

/// Returns `true` if the replica has copied its master.
fn is_linked(replica: &Server) -> bool {
    let info = replica.redis().and_then(|mut connection| {
        let mut command = cmd("INFO");
        Ok(command
            .arg("replication")
            .query::<String>(&mut connection)?)
    });
    info.is_ok_and(|info| info.contains("role:slave") && info.contains("master_link_status:up"))
}
