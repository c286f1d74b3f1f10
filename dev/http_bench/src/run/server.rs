use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use super::threads::Threads;
use crate::contestants::Contestant;

/// A server that runs until the value is dropped.
#[derive(Debug)]
pub(super) struct Server {
    contestant: Contestant,
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub(super) fn start(contestant: Contestant, peers: &Path, url: &str) -> anyhow::Result<Self> {
        let (library, store) = (contestant.library, contestant.store.name());
        let mut command = match library.is_of_another_framework() {
            true => Command::new(peers),
            false => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("serve");
                command
            }
        };
        command.args([library.name(), store, url]);
        // The server ends when this pipe closes, so also if this process is killed.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let output = process.stdout.take().context("the output is a pipe")?;
        let mut server = Self {
            contestant,
            process,
            address: ([127, 0, 0, 1], 0).into(),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        server.address = line.trim().parse().context("the server wrote no address")?;
        Ok(server)
    }

    pub(super) fn contestant(&self) -> Contestant {
        self.contestant
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the time that the threads of the server have been running on a processor.
    pub(super) fn threads(&self) -> anyhow::Result<Threads> {
        Threads::of(self.process.id())
    }

    /// Returns the time that the server was running on a processor meanwhile.
    pub(super) fn cost_of<T>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(Duration, T)> {
        let before = self.threads()?;
        let done = work()?;
        Ok((self.threads()?.since(&before), done))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails only if the server has ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
