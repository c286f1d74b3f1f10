use std::time::{Duration, Instant};

use anyhow::bail;

use super::databases::Databases;
use super::load::Client;
use super::server::Server;
use crate::contestants::{Route, Store};
use crate::measurement::Commands;

/// The number of requests whose commands are counted.
const REQUESTS: u32 = 1_000;

/// The requests to `/recent` must end before their copy is a second old.
const LIMIT: Duration = Duration::from_millis(900);

/// The number of attempts, should the machine be too busy for the limit.
const ATTEMPTS: u32 = 20;

/// Counts the commands of each contestant with a database that counts them.
pub(super) fn count(databases: &Databases, servers: &[Server]) -> anyhow::Result<Vec<Commands>> {
    let has_counts = |server: &&Server| {
        let store = server.contestant().store;
        matches!(store, Store::Postgres | Store::Redis)
    };
    let counted = servers.iter().filter(has_counts);
    counted.map(|server| count_one(databases, server)).collect()
}

fn count_one(databases: &Databases, server: &Server) -> anyhow::Result<Commands> {
    let contestant = server.contestant();
    let recent = contestant.has(Route::Recent);
    let recent = recent.then(|| count_route(databases, server, Route::Recent));
    Ok(Commands {
        contestant,
        read: count_route(databases, server, Route::Read)?,
        recent: recent.transpose()?,
    })
}

fn count_route(databases: &Databases, server: &Server, route: Route) -> anyhow::Result<f64> {
    let contestant = server.contestant();
    let mut client = Client::connect(server.address())?;
    client.visit(Route::New)?;
    for _ in 0..ATTEMPTS {
        // For `/recent`, it is the one that loads the copy.
        client.visit(Route::Read)?;
        let begun = Instant::now();
        let before = databases.count_commands(contestant)?;
        let own = databases.count_commands(contestant)? - before;
        for _ in 0..REQUESTS {
            client.visit(route)?;
        }
        let after = databases.count_commands(contestant)?;
        let is_timely = begun.elapsed() < LIMIT;
        if is_timely || route != Route::Recent {
            return Ok((after - before - 2 * own) as f64 / f64::from(REQUESTS));
        }
    }
    bail!("{REQUESTS} requests took longer than {LIMIT:?} in {ATTEMPTS} attempts")
}
