use crate::contestants::{Contestant, Library, Route, Store};
use crate::measurement::Measurement;

/// The routes in which the libraries are compared.
pub(super) const COMPARED: [Route; 4] = [Route::Untouched, Route::Read, Route::Write, Route::New];

/// A cell in which `session_kit` is compared with the best other library.
#[derive(Debug)]
struct Cell {
    store: Store,
    route: Route,
    ours: f64,
    best: Library,
    best_cost: f64,
}

/// Returns sentences on the cells in which another library is the cheapest one.
pub(super) fn of_peers(measurement: &Measurement) -> String {
    let cells = cells(measurement);
    let lost: Vec<_> = cells.iter().filter(|it| it.ours > it.best_cost).collect();
    let won = cells.len() - lost.len();
    let mut text = format!(
        "`session_kit` is the cheapest library in {won} of {} cells.",
        cells.len()
    );
    if !lost.is_empty() {
        text += " In the others, another one is cheaper:\n";
    }
    for cell in lost {
        text += &format!(
            "\n- {} on {}: {:.1} µs, and {} {:.1} µs",
            cell.route.path(),
            cell.store.name(),
            cell.ours,
            cell.best.name(),
            cell.best_cost
        );
    }
    text
}

fn cells(measurement: &Measurement) -> Vec<Cell> {
    let of = |store| COMPARED.into_iter().map(move |route| (store, route));
    let all = Store::ALL.into_iter().flat_map(of);
    all.filter_map(|(store, route)| cell(measurement, store, route))
        .collect()
}

fn cell(measurement: &Measurement, store: Store, route: Route) -> Option<Cell> {
    let is_peer = |library: Library| library != Library::SessionKit && !library.is_by_hand();
    let peers = Contestant::all().into_iter();
    let peers = peers.filter(|it| it.store == store && is_peer(it.library));
    let costs = peers.filter_map(|it| Some((it.library, measurement.cost(it, route)?)));
    let (best, best_cost) = costs.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let library = Library::SessionKit;
    Some(Cell {
        store,
        route,
        ours: measurement.cost(Contestant { store, library }, route)?,
        best,
        best_cost,
    })
}

/// Returns the cost of `session_kit` in relation to that of statements by hand.
pub(super) fn of_statements(measurement: &Measurement) -> String {
    let mut table = "| store | in relation to | /read | /write | /new |\n\
                     | --- | --- | ---: | ---: | ---: |"
        .to_owned();
    let by_hand = Contestant::all().into_iter();
    for it in by_hand.filter(|it| it.library.is_by_hand()) {
        let cells = [Route::Read, Route::Write, Route::New].map(|route| {
            let ratio = ratio_to(measurement, it, route);
            ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
        });
        let (store, name) = (it.store.name(), it.library.name());
        table += &format!("\n| {store} | {name} | {} |", cells.join(" | "));
    }
    table
}

/// Returns the cost of `session_kit` in relation to that of a contestant with the same store.
fn ratio_to(measurement: &Measurement, contestant: Contestant, route: Route) -> Option<f64> {
    let ours = Contestant {
        library: Library::SessionKit,
        ..contestant
    };
    Some(measurement.cost(ours, route)? / measurement.cost(contestant, route)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::measured::measured;

    #[test]
    fn the_summary_names_each_cell_in_which_another_library_is_cheaper() {
        let measurement = measured(&[
            (Store::Memory, Library::SessionKit, Route::Read, 1.0),
            (Store::Memory, Library::PavexSession, Route::Read, 3.0),
            (Store::Memory, Library::TowerSessions, Route::Read, 2.0),
            (Store::Redis, Library::SessionKit, Route::Read, 5.0),
            (Store::Redis, Library::ActixSession, Route::Read, 4.0),
            (Store::Redis, Library::ByHand, Route::Read, 1.0),
        ]);
        assert_eq!(
            of_peers(&measurement),
            "`session_kit` is the cheapest library in 1 of 2 cells. In the others, another one is \
             cheaper:\n\n- /read on redis: 5.0 µs, and actix-session 4.0 µs"
        );
    }

    #[test]
    fn the_statements_by_hand_are_compared_as_ratios() {
        let measurement = measured(&[
            (Store::Redis, Library::SessionKit, Route::Read, 6.0),
            (Store::Redis, Library::ByHand, Route::Read, 5.0),
            (Store::Redis, Library::ByHandPlain, Route::Read, 4.0),
        ]);
        let table = of_statements(&measurement);
        let redis = "| redis | by hand | 1.20 |  |  |\n\
                     | redis | by hand, plain cookie | 1.50 |  |  |";
        assert!(table.ends_with(redis), "{table}");
    }
}
