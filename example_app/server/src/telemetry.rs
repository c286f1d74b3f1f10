//! The log, on the standard error.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::configuration::Profile;

/// Starts logging. `RUST_LOG` says what; unless it is set, the life of every session is shown in development.
///
/// # Errors
///
/// If `RUST_LOG` is no filter, or logging was started before.
pub fn start(profile: Profile) -> anyhow::Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(directives) => EnvFilter::try_new(directives).context("RUST_LOG is no filter")?,
        Err(_) => EnvFilter::new(default_directives(profile)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

fn default_directives(profile: Profile) -> &'static str {
    match profile {
        Profile::Development => "info,session=debug",
        Profile::Production => "info",
    }
}
