//! A master and a replica that sentinels watch.

use std::time::{Duration, Instant};

use anyhow::ensure;
use redis::cmd;

use crate::database::Database;
use crate::port;
use crate::server::{Server, Setup};

/// A master, its replica, and sentinels. They promote the replica when the master dies.
#[derive(Debug)]
pub struct SentinelSetup {
    nodes: Vec<Server>,
    sentinels: Vec<Server>,
}

/// The name of the master in the configuration of the sentinels.
const NAME: &str = "sessions";

const SENTINELS: usize = 3;
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

impl SentinelSetup {
    /// Starts all servers, and waits until each sentinel has found the replica and the others. A
    /// server is dead to them if it is silent for the time `dead_after`.
    ///
    /// The servers may lose acknowledged changes when they are killed. So none of them waits for
    /// the disk, which would make it silent.
    ///
    /// # Errors
    ///
    /// Returns an error if the programs are missing, or if a server does not start.
    pub fn start(database: Database, dead_after: Duration) -> anyhow::Result<Self> {
        let password = port::random_word();
        let setup = Setup::of(database).without_durability();
        let setup = setup.with_password(&password);
        let dead_after = dead_after.as_millis();
        let master = setup.clone().start()?;
        let at = format!("127.0.0.1 {}", master.address().port());
        let replica = setup.clone().with(format!("replicaof {at}")).start()?;
        let sentinels = (0..SENTINELS).map(|_| {
            setup
                .clone()
                .with(format!("sentinel monitor {NAME} {at} 2"))
                .with(format!("sentinel auth-pass {NAME} {password}"))
                .with(format!(
                    "sentinel down-after-milliseconds {NAME} {dead_after}"
                ))
                .with(format!("sentinel failover-timeout {NAME} 5000"))
                .with(format!("sentinel sentinel-pass {password}"))
                .start()
        });
        let servers = Self {
            sentinels: sentinels.collect::<anyhow::Result<_>>()?,
            nodes: vec![master, replica],
        };
        servers.wait_until_complete()?;
        Ok(servers)
    }

    /// Returns the name of the master in the configuration of the sentinels.
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// The URLs of the sentinels, with the password of all servers.
    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Server::url).collect()
    }

    /// The present master, by the first sentinel.
    ///
    /// # Errors
    ///
    /// Returns an error if the sentinel does not answer.
    pub fn master(&mut self) -> anyhow::Result<&mut Server> {
        let port = self.master_port()?;
        let mut nodes = self.nodes.iter_mut();
        let master = nodes.find(|node| node.address().port() == port);
        master.ok_or_else(|| anyhow::anyhow!("no node has port {port} of the master"))
    }

    /// Waits until the master is not the one on this port.
    ///
    /// # Errors
    ///
    /// Returns an error if that takes longer than a minute.
    pub fn wait_for_another_master(&self, than: u16) -> anyhow::Result<()> {
        wait(|| self.master_port().is_ok_and(|port| port != than))
    }

    fn master_port(&self) -> anyhow::Result<u16> {
        let mut sentinel = self.sentinels[0].redis()?;
        let mut command = cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(NAME);
        let (_, port): (String, u16) = command.query(&mut sentinel)?;
        Ok(port)
    }

    /// Waits until each sentinel has found the replica and all other sentinels.
    fn wait_until_complete(&self) -> anyhow::Result<()> {
        let port = self.nodes[0].address().port();
        let master = format!("status=ok,address=127.0.0.1:{port}");
        let others = format!("slaves=1,sentinels={SENTINELS}");
        let is_complete = |sentinel: &Server| {
            let info = information(sentinel);
            info.is_ok_and(|info| info.contains(&master) && info.contains(&others))
        };
        wait(|| self.sentinels.iter().all(is_complete))
    }
}

fn information(sentinel: &Server) -> anyhow::Result<String> {
    let mut connection = sentinel.redis()?;
    Ok(cmd("INFO").arg("sentinel").query(&mut connection)?)
}

fn wait(condition: impl Fn() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !condition() {
        ensure!(start.elapsed() < LIMIT, "the sentinels do not agree");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
