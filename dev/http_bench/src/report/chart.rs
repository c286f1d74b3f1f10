use super::summary::COMPARED;
use crate::chart::{self, Bar, Panel};
use crate::contestants::{Contestant, Library, Route, Store};
use crate::measurement::Measurement;

/// Returns the chart: a panel for each store, with a group of bars for each route.
pub(crate) fn chart(measurement: &Measurement) -> String {
    let panels = Store::ALL.map(|store| Panel {
        name: store.name(),
        bars: bars(measurement, store),
    });
    let title = "Processor time that the sessions add to a request, in microseconds";
    chart::chart(title, &panels)
}

fn bars(measurement: &Measurement, store: Store) -> Vec<Bar> {
    let of_store = Contestant::all().into_iter();
    let of_store: Vec<_> = of_store.filter(|it| it.store == store).collect();
    let routes = COMPARED.into_iter().chain([Route::Recent]);
    let bars = routes.flat_map(|route| of_store.iter().map(move |it| (route, *it)));
    bars.filter_map(|(route, contestant)| {
        let cost = measurement.cost(contestant, route)?;
        Some(Bar {
            group: route.path(),
            label: contestant.library.name().to_owned(),
            colour: colour(contestant.library),
            length: cost,
            text: format!("{cost:.1}"),
        })
    })
    .collect()
}

fn colour(library: Library) -> usize {
    match library {
        Library::SessionKit => 0,
        Library::PavexSession => 1,
        Library::TowerSessions => 2,
        Library::ActixSession => 3,
        Library::ByHand => 4,
        Library::ByHandPlain => 5,
    }
}

#[test]
fn the_chart_has_a_panel_for_each_store_and_a_bar_for_each_cost() {
    let chart = chart(&super::measured::measured(&[
        (Store::Redis, Library::SessionKit, Route::Read, 4.0),
        (Store::Redis, Library::ByHand, Route::Read, 2.0),
    ]));
    for store in Store::ALL {
        assert!(chart.contains(&format!(">{}</text>", store.name())));
    }
    assert_eq!(chart.matches("<rect").count(), 1 + 2);
}
