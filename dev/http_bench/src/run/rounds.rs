use std::time::Duration;

use super::load::Load;
use super::server::Server;
use crate::contestants::{Route, Store};
use crate::measurement::{CLIENTS, Measurement, ROUNDS, TURN, Turn};

/// The duration of the turns before the first round, which do not count.
const WARM_UP: Duration = Duration::from_millis(200);

/// Measures all servers. The contestants of a store alternate, in another order in each round.
pub(super) fn measure(servers: &[Server]) -> anyhow::Result<Measurement> {
    for server in servers {
        let contestant = server.contestant();
        for route in Route::ALL.into_iter().filter(|it| contestant.has(*it)) {
            Load::prepare(server.address(), route, CLIENTS)?.run(WARM_UP)?;
        }
    }
    let mut measurement = Measurement::default();
    for round in 0..ROUNDS {
        eprintln!("round {} of {ROUNDS}", round + 1);
        for store in Store::ALL {
            let mut of_store: Vec<_> = servers.iter().collect();
            of_store.retain(|server| server.contestant().store == store);
            let count = of_store.len();
            of_store.rotate_left(round % count.max(1));
            for route in Route::ALL {
                for server in of_store.iter().filter(|it| it.contestant().has(route)) {
                    measurement.add(turn(server, route, round)?);
                }
            }
        }
    }
    Ok(measurement)
}

fn turn(server: &Server, route: Route, round: usize) -> anyhow::Result<Turn> {
    let load = Load::prepare(server.address(), route, CLIENTS)?;
    let (time, answers) = server.cost_of(|| load.run(TURN))?;
    Ok(Turn {
        contestant: server.contestant(),
        route,
        round,
        cost: time.as_secs_f64() * 1e6 / answers as f64,
    })
}
