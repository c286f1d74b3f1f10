//! The run: starts all servers, and has them answer in turns.

mod commands;
mod databases;
mod load;
mod rounds;
mod server;
mod threads;

use std::path::Path;

use anyhow::Context;

use crate::contestants::Contestant;
use crate::measurement::{Measurement, Results};

use databases::Databases;
use server::Server;

/// Measures all contestants.
pub(crate) fn run(peers: &Path) -> anyhow::Result<Results> {
    let databases = Databases::start()?;
    let servers = start_servers(&databases, peers, &Contestant::all())?;
    // The commands of the first sweeps, soon after the start, are not counted.
    let measurement = rounds::measure(&servers)?;
    Ok(Results {
        commands: commands::count(&databases, &servers)?,
        measurement,
        versions: databases.versions()?,
    })
}

/// Measures some of the contestants.
pub(crate) fn compare(peers: &Path, contestants: &[Contestant]) -> anyhow::Result<Measurement> {
    let databases = Databases::start()?;
    rounds::measure(&start_servers(&databases, peers, contestants)?)
}

/// Starts servers, and checks what they answer.
fn start_servers(
    databases: &Databases,
    peers: &Path,
    contestants: &[Contestant],
) -> anyhow::Result<Vec<Server>> {
    let start = |contestant: Contestant| {
        let url = databases.url_for(contestant)?;
        let server = Server::start(contestant, peers, &url);
        server.with_context(|| format!("{contestant}"))
    };
    let servers: Vec<Server> = contestants
        .iter()
        .copied()
        .map(start)
        .collect::<anyhow::Result<_>>()?;
    for server in &servers {
        let checked = load::check(server.address(), server.contestant());
        checked.with_context(|| format!("the answers of {}", server.contestant()))?;
    }
    Ok(servers)
}
