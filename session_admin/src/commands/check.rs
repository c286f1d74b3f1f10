use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use session::SessionId;

use super::clock::{self, LARGEST_OFFSET};
use crate::failure::Failure;
use crate::output::{print_json, print_rows, printable};
use crate::store::{Store, check_eviction};
use crate::store_options::StoreOptions;
use crate::warnings::Warnings;

/// The number of operations whose time is measured.
const MEASURED: usize = 5;

/// An id that no session has: that of a session from 1970.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// The result of one check.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    detail: String,
}

#[derive(Serialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Warning,
    Failed,
}

pub(super) async fn check(
    options: &StoreOptions,
    json: bool,
    warnings: &Warnings,
) -> Result<(), Failure> {
    let (_, place) = options.config()?;
    let findings = findings(options, warnings).await?;
    let failed = findings.iter().filter(|it| it.status == Status::Failed);
    let failed: Vec<_> = failed.map(|finding| finding.check).collect();
    let is_ok = failed.is_empty();
    match json {
        true => print_json(&json!({ "store": place, "ok": is_ok, "findings": findings }))?,
        false => print_rows(&findings.iter().map(Finding::row).collect::<Vec<_>>())?,
    }
    match is_ok {
        true => Ok(()),
        false => Err(Failure::because(
            format!("{place} failed the check: {}", failed.join(", ")),
            "the report on the standard output has the reasons",
        )),
    }
}

async fn findings(options: &StoreOptions, warnings: &Warnings) -> Result<Vec<Finding>, Failure> {
    let (connected, time) = timed(Store::connect(options)).await;
    let store = match connected {
        // The arguments are wrong, and not the store.
        Err(failure) if failure.is_usage() => return Err(failure),
        Err(failure) => return Ok(vec![Finding::failed("connection", failure)]),
        Ok(store) => store,
    };
    let mut findings = vec![Finding::ok("connection", milliseconds(time))];
    let settings = warnings.take().into_iter();
    findings.extend(settings.map(|warning| Finding::warning("settings", warning)));
    findings.push(schema(&store).await);
    findings.push(eviction(options, warnings).await);
    findings.push(clocks(&store).await);
    if !findings.iter().any(|it| it.status == Status::Failed) {
        findings.extend(operations(&store).await);
    }
    store.close().await;
    Ok(findings)
}

async fn schema(store: &Store) -> Finding {
    const CHECK: &str = "schema";
    match (store.is_migrated().await, store.table()) {
        (Err(failure), _) => Finding::failed(CHECK, failure),
        (Ok(false), _) => Finding::failed(CHECK, store.unmigrated()),
        (Ok(true), Some(table)) => {
            Finding::ok(CHECK, format!("the table `{table}` fits this release"))
        }
        (Ok(true), None) => Finding::ok(CHECK, "the store requires none"),
    }
}

async fn eviction(options: &StoreOptions, warnings: &Warnings) -> Finding {
    const CHECK: &str = "eviction";
    let checked = check_eviction(options).await;
    // The others are among the settings.
    let unchecked = warnings.take().into_iter().find(|it| it.contains("`INFO`"));
    match (checked, unchecked) {
        (Err(failure), _) => Finding::failed(CHECK, failure),
        (Ok(()), Some(warning)) => Finding::warning(CHECK, warning),
        (Ok(()), None) => Finding::ok(CHECK, "the store keeps each session until its deadline"),
    }
}

async fn clocks(store: &Store) -> Finding {
    const CHECK: &str = "clock";
    match clock::offset(store).await {
        Err(failure) => Finding::failed(CHECK, failure),
        Ok(None) => Finding::ok(CHECK, "the store depends on no clock but the application's"),
        Ok(Some(offset)) => difference(offset),
    }
}

fn difference(offset: Duration) -> Finding {
    let detail = format!("the clocks differ by {}", milliseconds(offset));
    match offset > LARGEST_OFFSET {
        false => Finding::ok("clock", detail),
        true => Finding::warning(
            "clock",
            format!("{detail}: synchronise them, or sessions end early"),
        ),
    }
}

/// Measures an operation that reads, and one that would write if there were such a session.
async fn operations(store: &Store) -> [Finding; 2] {
    let read = async |id| {
        store
            .run("read", async |store| store.load(id).await)
            .await
            .map(drop)
    };
    let write = async |id| {
        let delete = store.run("write", async |store| store.delete(id, None).await);
        delete.await.map(drop)
    };
    [measured("read", read).await, measured("write", write).await]
}

/// Runs an operation several times. Returns the median of the times.
async fn measured(
    check: &'static str,
    operation: impl AsyncFn(SessionId) -> Result<(), Failure>,
) -> Finding {
    let Ok(nobody) = NOBODY.parse() else {
        return Finding::ok(check, "not measured");
    };
    let mut times = Vec::new();
    for _ in 0..MEASURED {
        match timed(operation(nobody)).await {
            (Ok(()), time) => times.push(time),
            (Err(failure), _) => return Finding::failed(check, failure),
        }
    }
    times.sort_unstable();
    Finding::ok(check, milliseconds(times[MEASURED / 2]))
}

async fn timed<T>(operation: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (operation.await, start.elapsed())
}

pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            detail: detail.into(),
        }
    }

    fn warning(check: &'static str, detail: String) -> Self {
        Self {
            check,
            status: Status::Warning,
            detail,
        }
    }

    fn failed(check: &'static str, failure: Failure) -> Self {
        let advice = failure.advice.map_or(String::new(), |it| format!("; {it}"));
        Self {
            check,
            status: Status::Failed,
            detail: failure.message + &advice,
        }
    }

    fn row(&self) -> [String; 3] {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Failed => "failed",
        };
        [self.check, status, &printable(&self.detail)].map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_by_more_than_a_second_are_a_warning() {
        assert!(difference(LARGEST_OFFSET).status == Status::Ok);
        assert!(difference(LARGEST_OFFSET * 2).status == Status::Warning);
    }

    #[test]
    fn the_id_of_the_measurement_is_valid() {
        NOBODY.parse::<SessionId>().unwrap();
    }
}
