//! `cargo xtask test --servers`: the tests of the stores on many releases of their databases.

mod running;
mod table;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use test_servers::Release;

use crate::matrix::running::{Running, Suite};
use crate::matrix::table::Row;
use crate::servers;
use crate::workspace::Workspace;

/// The name that stands for all.
const ALL: &str = "all";

/// The release of MySQL that each change is tested on. Debian 12 has none.
const MYSQL: &str = "mysql-9";

/// The modules that run the contract again, on other tables and connections. The tests on MariaDB
/// have them.
const REPEATED: [&str; 6] = [
    "--skip",
    "::read_committed::",
    "--skip",
    "::without_autocommit::",
    "--skip",
    "::partitions::",
];

/// Runs the tests on the named release, or on all; each that passes has a row in the table.
///
/// The first failure does not end the run.
pub(crate) fn run(workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    let releases = match name {
        ALL => Release::ALL.to_vec(),
        name => vec![servers::find(name)?],
    };
    let mut failures = vec![];
    for (number, release) in releases.iter().enumerate() {
        let (name, left) = (release.name(), releases.len() - number - 1);
        println!(
            "\n=== {}/{} {name}, {left} left ===",
            number + 1,
            releases.len()
        );
        let outcome = test(workspace, *release, &[]);
        table::record(workspace, &name, outcome.as_ref().ok())?;
        if let Err(error) = outcome {
            println!("=== {name} failed: {error:#} ===");
            failures.push(format!("{name}: {error:#}"));
        }
    }
    match failures[..] {
        [] => Ok(()),
        _ => bail!(
            "the tests failed on {} releases:\n{}",
            failures.len(),
            failures.join("\n")
        ),
    }
}

/// Runs most tests on the MySQL that the continuous integration fetches. Records nothing.
pub(crate) fn run_on_mysql(workspace: &Workspace) -> anyhow::Result<()> {
    if let Err(reason) = Release::ensure_usable() {
        println!("left out, all tests on MySQL: {reason}");
        return Ok(());
    }
    let row = test(workspace, servers::find(MYSQL)?, &REPEATED)?;
    println!("all {} tests passed on {}", row.passed, row.title);
    Ok(())
}

/// Runs all suites, also those after one that failed. `skip` has arguments that leave tests out.
fn test(workspace: &Workspace, release: Release, skip: &[&str]) -> anyhow::Result<Row> {
    let running = Running::start(release)?;
    let title = &running.title;
    println!("=== {title} ===");
    let mut passed = 0;
    let mut failed = vec![];
    for suite in &running.suites {
        match run_suite(workspace, suite, skip, &running.environment) {
            Ok(tests) => passed += tests,
            Err(error) => failed.push(format!("`{suite}`: {error:#}")),
        }
    }
    ensure!(failed.is_empty(), "on {title}: {}", failed.join("; "));
    Row::new(workspace, title, passed)
}

/// Returns the number of tests that passed.
fn run_suite(
    workspace: &Workspace,
    suite: &Suite,
    skip: &[&str],
    environment: &[(&str, String)],
) -> anyhow::Result<u64> {
    println!("--- {suite} ---");
    let mut cargo = Command::new("cargo")
        .args(suite.arguments())
        .args(skip)
        .current_dir(workspace.root())
        .envs(
            environment
                .iter()
                .map(|(variable, value)| (variable, value)),
        )
        .stdout(Stdio::piped())
        .spawn()?;
    let output = cargo.stdout.take().context("cargo has no output")?;
    let mut passed = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        passed += passed_tests(&line).unwrap_or(0);
    }
    let status = cargo.wait()?;
    ensure!(status.success(), "a test failed, see above");
    // A filter that fits no test would be a success.
    ensure!(passed > 0, "no test ran");
    Ok(passed)
}

/// Reads the line that ends the tests of a program.
fn passed_tests(line: &str) -> Option<u64> {
    let numbers = line.strip_prefix("test result: ok. ")?;
    numbers.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_counted_in_the_last_line_of_a_test_program() {
        let line = "test result: ok. 738 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out";
        assert_eq!(passed_tests(line), Some(738));
        assert_eq!(passed_tests("test store ... ok"), None);
    }
}
