//! The log, on standard error.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::configuration::Profile;

/// Starts the log.
///
/// The environment variable `RUST_LOG` selects the events. Without it, the profile for development
/// also logs each step in the life of a session.
///
/// # Errors
///
/// Returns an error if `RUST_LOG` is not a filter, or if a log was started before.
pub fn start(profile: Profile) -> anyhow::Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(directives) => EnvFilter::try_new(directives)
            .context("RUST_LOG is not a filter such as `info,session=debug`")?,
        Err(_) => EnvFilter::new(default_directives(profile)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init()
        .map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}

fn default_directives(profile: Profile) -> &'static str {
    match profile {
        Profile::Development => "info,session=debug",
        Profile::Production => "info",
    }
}
