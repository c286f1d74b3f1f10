use crate::contestants::{Contestant, Library, Route};
use crate::measurement::{Commands, Measurement};

/// Returns the table of the costs, in Markdown.
pub(crate) fn costs(measurement: &Measurement) -> String {
    let routes = Route::ALL.map(Route::path).join(" | ");
    let mut table = format!("| store | contestant | {routes} |\n| --- | --- |");
    table += &" ---: |".repeat(Route::ALL.len());
    let is_measured = |it: &Contestant| measurement.cost(*it, Route::None).is_some();
    for contestant in Contestant::all().into_iter().filter(is_measured) {
        let cell = |route| number(measurement.cost(contestant, route));
        let cells = Route::ALL.map(cell).join(" | ");
        let store = contestant.store.name();
        table += &format!("\n| {store} | {} | {cells} |", shown(contestant.library));
    }
    table
}

/// Returns the table of the commands, in Markdown.
pub(super) fn commands(commands: &[Commands]) -> String {
    let mut table =
        "| store | contestant | /read | /recent |\n| --- | --- | ---: | ---: |".to_owned();
    for it in commands {
        let Contestant { store, library } = it.contestant;
        let recent = it
            .recent
            .map_or(String::new(), |recent| format!("{recent:.3}"));
        let (store, library) = (store.name(), shown(library));
        table += &format!("\n| {store} | {library} | {:.3} | {recent} |", it.read);
    }
    table
}

/// Returns the name of a library, with emphasis on ours.
fn shown(library: Library) -> String {
    match library {
        Library::SessionKit => format!("**{}**", library.name()),
        _ => library.name().to_owned(),
    }
}

fn number(cost: Option<f64>) -> String {
    // Not `-0.0`.
    cost.map_or(String::new(), |cost| {
        format!("{:.1}", (cost * 10.0).round() / 10.0 + 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestants::Store;
    use crate::report::measured::measured;

    #[test]
    fn each_contestant_has_a_row_with_a_cell_for_each_route() {
        let table = costs(&measured(&[]));
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 2 + Contestant::all().len());
        let cells = |line: &str| line.matches('|').count();
        assert!(lines.iter().all(|line| cells(line) == cells(lines[0])));
    }

    #[test]
    fn a_cell_has_one_digit_after_the_point_and_a_missing_one_is_empty() {
        assert_eq!(number(Some(12.34)), "12.3");
        assert_eq!(number(Some(-0.04)), "0.0");
        assert_eq!(number(Some(-0.06)), "-0.1");
        assert_eq!(number(None), "");
    }

    #[test]
    fn commands_are_shown_as_numbers_for_each_request() {
        let contestant = Contestant {
            store: Store::Redis,
            library: Library::SessionKit,
        };
        let counted = Commands {
            contestant,
            read: 1.0,
            recent: Some(0.0),
        };
        let table = commands(&[counted]);
        assert!(
            table.ends_with("| redis | **session_kit** | 1.000 | 0.000 |"),
            "{table}"
        );
    }
}
