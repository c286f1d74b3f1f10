#![allow(
    missing_docs,
    reason = "the derive macro generates a type that has no documentation"
)]

use std::env;

use anyhow::{Context, bail};
use pavex::config::ConfigProfile;

/// What the server is started for; the environment variable `PX_PROFILE`.
#[derive(ConfigProfile, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Development on one's own machine: `dev.yml`.
    #[px(profile = "dev")]
    Development,
    /// A server that faces visitors: `prod.yml`.
    #[px(profile = "prod")]
    Production,
}

const PROFILE_VARIABLE: &str = "PX_PROFILE";

impl Profile {
    /// The profile that the environment asks for.
    ///
    /// Unless it asks for one, a debug build is for development. A release build has no default: the keys in
    /// `dev.yml` are known to everybody, and nobody should use them without noticing.
    ///
    /// # Errors
    ///
    /// If the environment asks for none, or one that does not exist.
    pub fn from_environment() -> anyhow::Result<Self> {
        match env::var(PROFILE_VARIABLE) {
            Ok(name) => name.parse().ok().with_context(|| {
                format!("{PROFILE_VARIABLE} is `{name}`; it must be `dev` or `prod`")
            }),
            Err(_) if cfg!(debug_assertions) => Ok(Self::Development),
            Err(_) => bail!("set the environment variable {PROFILE_VARIABLE} to `dev` or `prod`"),
        }
    }
}
