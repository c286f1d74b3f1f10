//! A master with replicas that sentinels watch.

use std::time::{Duration, Instant};

use anyhow::ensure;
use redis::cmd;

use crate::database::Database;
use crate::port;
use crate::server::{Server, Setup};

/// A master, its replica, and sentinels that put the one in the place of the other when it dies.
#[derive(Debug)]
pub struct Watched {
    nodes: Vec<Server>,
    sentinels: Vec<Server>,
}

/// The name under which the sentinels know the master.
const NAME: &str = "sessions";

const SENTINELS: usize = 3;
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

impl Watched {
    /// Starts everything, and waits until the sentinels know of each other.
    ///
    /// # Errors
    ///
    /// If the programs are missing, or something does not start.
    pub fn start(database: Database) -> anyhow::Result<Self> {
        let password = port::random_word();
        let setup = Setup::of(database).with_password(&password);
        let master = setup.clone().start()?;
        let at = format!("127.0.0.1 {}", master.address().port());
        let replica = setup.clone().with(format!("replicaof {at}")).start()?;
        let sentinels = (0..SENTINELS).map(|_| {
            setup
                .clone()
                .with(format!("sentinel monitor {NAME} {at} 2"))
                .with(format!("sentinel auth-pass {NAME} {password}"))
                .with(format!("sentinel down-after-milliseconds {NAME} 1000"))
                .with(format!("sentinel failover-timeout {NAME} 5000"))
                .with(format!("sentinel sentinel-pass {password}"))
                .start()
        });
        let watched = Self {
            sentinels: sentinels.collect::<anyhow::Result<_>>()?,
            nodes: vec![master, replica],
        };
        watched.wait_until_known()?;
        Ok(watched)
    }

    /// The name under which the sentinels know the master.
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// The URLs of the sentinels, with the password that they and the servers have.
    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Server::url).collect()
    }

    /// The server that is the master now, as the first sentinel says.
    ///
    /// # Errors
    ///
    /// If the sentinel does not answer.
    pub fn master(&mut self) -> anyhow::Result<&mut Server> {
        let port = self.master_port()?;
        let mut nodes = self.nodes.iter_mut();
        let master = nodes.find(|node| node.address().port() == port);
        master.ok_or_else(|| anyhow::anyhow!("a master that nobody started"))
    }

    /// Waits until the master is another than that on this port.
    ///
    /// # Errors
    ///
    /// If it stays the same for a minute.
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

    /// Each sentinel knows the replica and all other sentinels.
    fn wait_until_known(&self) -> anyhow::Result<()> {
        wait(|| {
            self.sentinels.iter().all(|sentinel| {
                sentinel.redis().is_ok_and(|mut connection| {
                    let mut command = cmd("INFO");
                    let info = command.arg("sentinel").query::<String>(&mut connection);
                    let expected = format!(
                        "status=ok,address=127.0.0.1:{}",
                        self.nodes[0].address().port()
                    );
                    info.is_ok_and(|info| {
                        info.contains(&expected)
                            && info.contains(&format!("slaves=1,sentinels={SENTINELS}"))
                    })
                })
            })
        })
    }
}

fn wait(condition: impl Fn() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !condition() {
        ensure!(start.elapsed() < LIMIT, "the sentinels do not agree");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
