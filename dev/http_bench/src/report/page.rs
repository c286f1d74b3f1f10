use super::summary::{of_peers, of_statements};
use super::{table, versions};
use crate::machine::{load, processors, today};
use crate::measurement::{CLIENTS, ROUNDS, Results, TURN};
use crate::template::fill;

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
        ("date", today()),
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
}
