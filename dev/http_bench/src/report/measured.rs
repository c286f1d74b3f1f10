use crate::contestants::{Contestant, Library, Route, Store};
use crate::measurement::{Measurement, Turn};

/// Returns a measurement of one round in which `/none` costs 10 µs.
pub(crate) fn measured(costs: &[(Store, Library, Route, f64)]) -> Measurement {
    let mut measurement = Measurement::default();
    let mut add = |contestant, route, cost| {
        let turn = Turn {
            contestant,
            route,
            round: 0,
            cost,
        };
        measurement.add(turn);
    };
    for contestant in Contestant::all() {
        add(contestant, Route::None, 10.0);
    }
    for (store, library, route, cost) in costs {
        let contestant = Contestant {
            store: *store,
            library: *library,
        };
        add(contestant, *route, 10.0 + cost);
    }
    measurement
}
