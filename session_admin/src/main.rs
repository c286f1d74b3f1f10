//! The command `session-kit`, for the people who run an application with sessions.

mod arguments;
mod run;

mod commands;

mod store;
mod store_options;

mod confirm;
mod output;
mod progress;
mod times;
mod warnings;

mod failure;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match arguments::Arguments::try_parse() {
        Ok(arguments) => run::run(&arguments),
        Err(error) => arguments::report(&error),
    }
}
