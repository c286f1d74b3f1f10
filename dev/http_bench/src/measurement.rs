//! The results of a run, and its size.

use std::time::Duration;

use crate::contestants::{Contestant, Route};

/// The number of rounds. Each contestant has a turn for each route in each of them.
pub(crate) const ROUNDS: usize = 15;

/// The duration of a turn.
pub(crate) const TURN: Duration = Duration::from_millis(250);

/// The number of clients.
pub(crate) const CLIENTS: usize = 16;

/// The results of a run.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) measurement: Measurement,
    pub(crate) commands: Vec<Commands>,
    /// The names and versions of the servers.
    pub(crate) versions: Vec<(&'static str, String)>,
}

/// The number of commands that a server sent to its database, for each request.
#[derive(Debug)]
pub(crate) struct Commands {
    pub(crate) contestant: Contestant,
    pub(crate) read: f64,
    /// `None` if the contestant has no such reads.
    pub(crate) recent: Option<f64>,
}

/// The turns of all contestants.
#[derive(Debug, Default)]
pub(crate) struct Measurement(Vec<Turn>);

/// The cost of the requests of one turn.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) contestant: Contestant,
    pub(crate) route: Route,
    pub(crate) round: usize,
    /// The time on a processor for each request, in microseconds.
    pub(crate) cost: f64,
}

impl Measurement {
    pub(crate) fn add(&mut self, turn: Turn) {
        self.0.push(turn);
    }

    /// Returns the cost of a request in microseconds: of [`Route::None`] all of it, and of the
    /// other routes the part beyond that of `None` in the same round. It is the median of the
    /// rounds.
    pub(crate) fn cost(&self, contestant: Contestant, route: Route) -> Option<f64> {
        let of_route = self.turns(contestant, route);
        let cost_in = |turn: &Turn| {
            let mut none = self.turns(contestant, Route::None);
            let none = none.find(|it| it.round == turn.round)?;
            Some(turn.cost - none.cost)
        };
        match route {
            Route::None => median(of_route.map(|turn| turn.cost).collect()),
            _ => median(of_route.filter_map(cost_in).collect()),
        }
    }

    fn turns(&self, contestant: Contestant, route: Route) -> impl Iterator<Item = &Turn> {
        let turns = self.0.iter();
        turns.filter(move |turn| turn.contestant == contestant && turn.route == route)
    }
}

/// Returns the value in the middle, or the mean of the two there.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values.get(middle).copied(),
        _ => Some(
            values
                .get(middle.checked_sub(1)?)?
                .midpoint(*values.get(middle)?),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestants::{Library, Store};

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn the_cost_of_a_route_is_beyond_that_of_none_in_the_same_round() {
        let contestant = Contestant {
            store: Store::Memory,
            library: Library::SessionKit,
        };
        let mut measurement = Measurement::default();
        for (round, none, read) in [(0, 10.0, 12.0), (1, 100.0, 103.0), (2, 10.0, 11.0)] {
            for (route, cost) in [(Route::None, none), (Route::Read, read)] {
                measurement.add(Turn {
                    contestant,
                    route,
                    round,
                    cost,
                });
            }
        }
        assert_eq!(measurement.cost(contestant, Route::None), Some(10.0));
        assert_eq!(measurement.cost(contestant, Route::Read), Some(2.0));
        assert_eq!(measurement.cost(contestant, Route::Write), None);
    }
}
