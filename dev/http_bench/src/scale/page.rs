use std::collections::BTreeSet;

use super::measured::Measured;
use super::operations::Times;
use super::stores::Kind;
use crate::chart::{Bar, Panel, chart};
use crate::machine::{load, processors, today};
use crate::template::fill;

const TEMPLATE: &str = include_str!("template.md");

/// The growth that counts as none.
const FLAT: f64 = 1.5;

pub(super) fn page(measured: &[Measured]) -> anyhow::Result<String> {
    let results = [
        ("date", today()),
        ("processors", processors()?),
        ("load", load()?),
        ("table", table(measured)),
        ("growth", growth(measured)),
    ];
    fill(TEMPLATE, &results)
}

fn sizes(measured: &[Measured]) -> BTreeSet<u64> {
    measured.iter().map(|it| it.sessions).collect()
}

/// Returns the operations of a store, each with its times at the growing sizes.
fn rows(measured: &[Measured], kind: Kind) -> Vec<(&'static str, Vec<(u64, Times)>)> {
    let of_store = || measured.iter().filter(|it| it.store == kind);
    let Some(first) = of_store().next() else {
        return vec![];
    };
    let operations = first.times.iter().map(|(name, _)| *name);
    let times_of = |name: &'static str| {
        let times = of_store().filter_map(|it| {
            let times = it.times.iter().find(|(other, _)| *other == name)?;
            Some((it.sessions, times.1))
        });
        (name, times.collect())
    };
    operations.map(times_of).collect()
}

fn table(measured: &[Measured]) -> String {
    let sizes: Vec<_> = sizes(measured).into_iter().map(grouped).collect();
    let mut table = format!("| store | operation | {} | growth |", sizes.join(" | "));
    table += &format!("\n| --- | --- |{} ---: |", " ---: |".repeat(sizes.len()));
    for kind in Kind::ALL {
        for (name, times) in rows(measured, kind) {
            let cells = times.iter();
            let cells = cells.map(|(_, it)| format!("{:.0} / {:.0}", it.p50, it.p99));
            let cells: Vec<_> = cells.collect();
            let store = kind.name();
            let growth = growth_of(&times).map_or(String::new(), |it| format!("{it:.2}"));
            table += &format!("\n| {store} | {name} | {} | {growth} |", cells.join(" | "));
        }
    }
    table
}

/// Returns the median at the largest size in relation to that at the smallest one.
fn growth_of(times: &[(u64, Times)]) -> Option<f64> {
    Some(times.last()?.1.p50 / times.first()?.1.p50)
}

fn growth(measured: &[Measured]) -> String {
    let rows = Kind::ALL.into_iter().flat_map(|kind| {
        let rows = rows(measured, kind).into_iter();
        rows.map(move |(name, times)| (kind, name, growth_of(&times)))
    });
    let grown = rows.filter_map(|(kind, name, growth)| {
        let growth = growth.filter(|it| *it > FLAT)?;
        Some(format!("- {name} on {}: {growth:.2}", kind.name()))
    });
    let grown: Vec<_> = grown.collect();
    match grown.is_empty() {
        true => format!("No median grows by more than a factor of {FLAT}."),
        false => format!(
            "These medians grow by more than a factor of {FLAT}:\n\n{}",
            grown.join("\n")
        ),
    }
}

/// Returns the picture: a panel for each store, with a group of bars for each operation.
pub(super) fn picture(measured: &[Measured]) -> String {
    let panels = Kind::ALL.map(|kind| Panel {
        name: kind.name(),
        bars: rows(measured, kind).iter().flat_map(bars).collect(),
    });
    chart(
        "Median time of an operation, and the 99th percentile, in microseconds",
        &panels,
    )
}

fn bars((name, times): &(&'static str, Vec<(u64, Times)>)) -> Vec<Bar> {
    let bars = times.iter().enumerate();
    let bar = |(n, (sessions, times)): (usize, &(u64, Times))| Bar {
        group: name,
        label: grouped(*sessions),
        colour: n,
        length: times.p50,
        text: format!("{:.0} / {:.0}", times.p50, times.p99),
    };
    bars.map(bar).collect()
}

/// Returns a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(|it| String::from_utf8_lossy(it)).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(sessions: u64, p50: f64) -> Measured {
        Measured {
            store: Kind::Redis,
            sessions,
            times: vec![("load", Times { p50, p99: 90.0 })],
        }
    }

    #[test]
    fn the_page_names_each_operation_that_grows() {
        let page = page(&[measured(100_000, 10.0), measured(1_000_000, 16.0)]).unwrap();
        assert!(
            page.contains("| redis | load | 10 / 90 | 16 / 90 | 1.60 |"),
            "{page}"
        );
        assert!(page.contains("- load on redis: 1.60"), "{page}");
        assert!(page.contains("| 100,000 | 1,000,000 |"), "{page}");
    }

    #[test]
    fn the_picture_has_a_bar_for_each_size() {
        let picture = picture(&[measured(100_000, 10.0), measured(1_000_000, 12.0)]);
        assert_eq!(picture.matches("<rect").count(), 1 + 2);
    }
}
