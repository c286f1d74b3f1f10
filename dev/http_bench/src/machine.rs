//! The machine and the day of a run.

use std::fs;
use std::thread::available_parallelism;

use anyhow::Context;
use time::{Date, UtcDateTime};

/// Returns the date of today.
pub(crate) fn today() -> String {
    written_out(UtcDateTime::now().date())
}

fn written_out(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// Returns the number of processors, and their name.
pub(crate) fn processors() -> anyhow::Result<String> {
    let count = available_parallelism()?;
    let model = model(&fs::read_to_string("/proc/cpuinfo")?);
    let model = model.map_or(String::new(), |model| format!(" ({model})"));
    Ok(format!("{count} processors{model}"))
}

fn model(cpuinfo: &str) -> Option<String> {
    let mut lines = cpuinfo.lines();
    let line = lines.find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// Returns the mean number of threads that wanted to run in the last five minutes.
pub(crate) fn load() -> anyhow::Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let load = text.split(' ').nth(1).context("there is no load")?;
    Ok(load.to_owned())
}

#[test]
fn the_model_is_the_value_of_its_line() {
    let text = "processor\t: 0\nmodel name\t: Fast 3000\nmodel name\t: Fast 3000\n";
    assert_eq!(model(text), Some("Fast 3000".to_owned()));
    assert_eq!(model("processor\t: 0\n"), None);
}

#[test]
fn a_date_is_written_out() {
    let date = Date::from_calendar_date(2026, time::Month::March, 7).unwrap();
    assert_eq!(written_out(date), "7 March 2026");
}
