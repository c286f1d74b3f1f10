use std::time::Duration;

use serde_json::{Value, json};
use session::store::SessionStorageBackend;
use session::time::UtcDateTime;
use session::{AgeGroup, SessionCounter, SessionStatistics};

use crate::failure::Failure;
use crate::output::{print_json, print_line, print_rows, width};
use crate::progress::Progress;
use crate::store::{BATCH, Store};
use crate::times::span;

/// The title of the column with numbers.
const SESSIONS: &str = "SESSIONS";

pub(super) async fn stats(store: &Store, json: bool) -> Result<(), Failure> {
    let statistics = count(store).await?;
    if json {
        return print_json(&as_json(&statistics));
    }
    print_rows(&totals(&statistics))?;
    print_line("")?;
    print_rows(&histogram(&statistics.ages, width()))
}

async fn count(store: &Store) -> Result<SessionStatistics, Failure> {
    let progress = Progress::of("sessions counted");
    let now = UtcDateTime::now();
    let (mut counter, mut next) = (SessionCounter::new(now), Some(None));
    while let Some(from) = next {
        let what = match counter.counted() {
            0 => "count the sessions".to_owned(),
            counted => format!("count more than {counted} sessions"),
        };
        let step = async |store: &dyn SessionStorageBackend| {
            store.all_sessions(BATCH, from.as_ref()).await
        };
        let step = store.run(what, step).await?;
        counter.add(&step, |session| now < session.expires_at);
        progress.show(counter.counted());
        next = step.next.map(Some);
    }
    Ok(counter.finish())
}

fn as_json(statistics: &SessionStatistics) -> Value {
    let ages = statistics.ages.iter().map(|group| {
        let until = group.until.map(|until| until.as_secs());
        let from = group.from.as_secs();
        json!({ "from_seconds": from, "until_seconds": until, "sessions": group.sessions })
    });
    json!({
        "live": statistics.live(), "logged_in": statistics.logged_in,
        "remembered": statistics.remembered, "anonymous": statistics.anonymous,
        "expired": statistics.expired, "unreadable": statistics.unreadable,
        "ages": ages.collect::<Vec<_>>(),
    })
}

fn totals(statistics: &SessionStatistics) -> Vec<[String; 2]> {
    let rows = [
        ("live", statistics.live()),
        ("  logged in", statistics.logged_in),
        ("    remembered", statistics.remembered),
        ("  anonymous", statistics.anonymous),
        ("expired", statistics.expired),
        ("unreadable", statistics.unreadable),
    ];
    let digits = rows.map(|(_, number)| number.to_string().len());
    let width = digits.into_iter().max().unwrap_or(0);
    let row = |(name, number): (&str, u64)| [name.to_owned(), format!("{number:>width$}")];
    rows.map(row).into()
}

/// Returns a row for each group of ages. The bar of the largest group ends at that width.
fn histogram(ages: &[AgeGroup], width: usize) -> Vec<[String; 3]> {
    let names: Vec<_> = ages.iter().map(name).collect();
    let longest = names.iter().map(String::len).max().unwrap_or(0);
    let digits = largest(ages).to_string().len().max(SESSIONS.len());
    // Two spaces follow each column.
    let room = width.saturating_sub(longest + 2 + digits + 2);
    let mut rows = vec![["AGE", SESSIONS, ""].map(str::to_owned)];
    rows.extend(ages.iter().zip(names).map(|(group, name)| {
        let bar = bar_length(group.sessions, largest(ages), room);
        let number = format!("{:>digits$}", group.sessions);
        [name, number, "█".repeat(bar)]
    }));
    rows
}

fn largest(ages: &[AgeGroup]) -> u64 {
    ages.iter().map(|group| group.sessions).max().unwrap_or(0)
}

/// Returns the length of a bar if that of the largest number has the whole room. A number that is
/// not 0 has a bar.
fn bar_length(number: u64, largest: u64, room: usize) -> usize {
    let length = u128::from(number) * room as u128;
    let length = length.div_ceil(u128::from(largest.max(1)));
    usize::try_from(length).unwrap_or(room)
}

fn name(group: &AgeGroup) -> String {
    let age = |age: Duration| span(age.try_into().unwrap_or(session::time::Duration::MAX));
    match group.until {
        Some(until) if group.from.is_zero() => format!("less than {}", age(until)),
        Some(until) => format!("{} to {}", age(group.from), age(until)),
        None => format!("{} or more", age(group.from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::aligned;

    fn ages(numbers: [u64; 6]) -> Vec<AgeGroup> {
        let mut ages = SessionCounter::new(UtcDateTime::now()).finish().ages;
        for (group, number) in ages.iter_mut().zip(numbers) {
            group.sessions = number;
        }
        ages
    }

    #[test]
    fn the_histogram_fits_into_the_width() {
        let rows = histogram(&ages([3, 1, 0, 1_000, 500, 0]), 40);
        let text = aligned(&rows);
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(longest, Some(40), "{text}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_largest_number() {
        for (number, largest, room, length) in [
            (10, 10, 60, 60),
            (5, 10, 60, 30),
            (1, 1_000_000, 60, 1),
            (0, 10, 60, 0),
            (0, 0, 60, 0),
            (10, 10, 0, 0),
            (u64::MAX, u64::MAX, 100, 100),
        ] {
            assert_eq!(bar_length(number, largest, room), length);
        }
    }

    #[test]
    fn a_narrow_terminal_has_numbers_without_bars() {
        let rows = histogram(&ages([3, 1, 0, 1_000, 500, 0]), 10);
        assert!(rows.iter().all(|row| row[2].is_empty()));
        assert_eq!(rows[4][1], "    1000");
    }

    #[test]
    fn an_empty_store_has_a_histogram_without_bars() {
        let rows = histogram(&ages([0; 6]), 80);
        assert_eq!(rows.len(), 7);
        assert!(
            rows[1..]
                .iter()
                .all(|row| row[1] == "       0" && row[2].is_empty())
        );
    }
}
