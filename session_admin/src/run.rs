use std::io::{self, Write};
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::commands;
use crate::failure::Failure;
use crate::output::printable;
use crate::warnings::Warnings;

/// Runs a command, and reports its warnings and its failure as sentences on the standard error.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let warnings = Warnings::collect();
    let outcome = in_runtime(arguments, &warnings);
    for warning in warnings.take() {
        report("warning", &warning);
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report_failure(&failure),
    }
}

fn report_failure(failure: &Failure) -> ExitCode {
    report("error", &failure.message);
    if let Some(advice) = failure.advice {
        report("help", advice);
    }
    failure.exit_code()
}

fn in_runtime(arguments: &Arguments, warnings: &Warnings) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::new("cannot start", &error))?;
    runtime.block_on(commands::run(arguments, warnings))
}

fn report(kind: &str, text: &str) {
    // Nobody reads a report that cannot be written.
    _ = writeln!(io::stderr(), "{kind}: {}", printable(text));
}
