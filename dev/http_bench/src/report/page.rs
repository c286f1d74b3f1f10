use anyhow::Context;
use time::{Date, UtcDateTime};

use super::machine::{load, processors};
use super::summary::{of_peers, of_statements};
use super::{table, versions};
use crate::measurement::{CLIENTS, ROUNDS, Results, TURN};

/// The text of the page, with names in braces in place of the results.
const TEMPLATE: &str = include_str!("template.md");

/// Returns the page.
pub(crate) fn page(results: &Results) -> anyhow::Result<String> {
    let Results {
        measurement,
        commands,
        versions,
    } = results;
    let texts = [
        ("date", today(UtcDateTime::now().date())),
        ("processors", processors()?),
        ("load", load()?),
        ("rounds", ROUNDS.to_string()),
        ("turn", TURN.as_secs_f64().to_string()),
        ("clients", CLIENTS.to_string()),
        ("costs", table::costs(measurement)),
        ("peers", of_peers(measurement)),
        ("statements", of_statements(measurement)),
        ("commands", table::commands(commands)),
        ("versions", version_table(versions)?),
    ];
    fill(TEMPLATE, &texts)
}

fn version_table(servers: &[(&'static str, String)]) -> anyhow::Result<String> {
    let libraries = versions::libraries()?;
    let servers = servers
        .iter()
        .map(|(name, version)| (*name, version.as_str()));
    let rows = libraries.into_iter().chain(servers);
    let rows = rows.map(|(name, version)| format!("| {name} | {version} |"));
    let rows: Vec<_> = rows.collect();
    Ok(format!("| | version |\n| --- | --- |\n{}", rows.join("\n")))
}

fn today(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// Replaces each name, and fails if the template does not have it or has others.
fn fill(template: &str, results: &[(&str, String)]) -> anyhow::Result<String> {
    let mut text = template.to_owned();
    for (name, result) in results {
        let name = format!("{{{name}}}");
        anyhow::ensure!(text.contains(&name), "the template has no {name}");
        text = text.replace(&name, result);
    }
    let left = text
        .find('{')
        .map(|at| text[at..].lines().next().unwrap_or_default());
    match left {
        Some(left) => Err(anyhow::anyhow!("{left}")).context("the template has an unknown name"),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::measured::measured;

    #[test]
    fn the_template_is_filled_completely() {
        let results = Results {
            measurement: measured(&[]),
            commands: vec![],
            versions: vec![("Postgres", "15".to_owned())],
        };
        assert!(page(&results).unwrap().contains("| Postgres | 15 |"));
    }

    #[test]
    fn a_name_that_only_one_side_has_is_an_error() {
        let texts = [("a", "1".to_owned())];
        assert_eq!(fill("{a} and {a}", &texts).unwrap(), "1 and 1");
        assert!(fill("none", &texts).is_err());
        assert!(fill("{a} and {b}", &texts).is_err());
    }

    #[test]
    fn a_date_is_written_out() {
        let date = Date::from_calendar_date(2026, time::Month::March, 7).unwrap();
        assert_eq!(today(date), "7 March 2026");
    }
}
