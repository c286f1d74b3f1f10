#![allow(
    missing_docs,
    reason = "the derive macro generates a type that has no documentation"
)]

use std::env;

use anyhow::{Context, bail};
use pavex::config::ConfigProfile;

/// The purpose of the server, from the environment variable `PX_PROFILE`.
#[derive(ConfigProfile, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Development on a local machine: `dev.yml`.
    #[px(profile = "dev")]
    Development,
    /// A public server: `prod.yml`.
    #[px(profile = "prod")]
    Production,
}

const PROFILE_VARIABLE: &str = "PX_PROFILE";

impl Profile {
    /// Returns the profile that the environment names.
    ///
    /// Without a name, a debug build is for development. A release build has no default, so that
    /// nobody runs a public server with the keys in `dev.yml`, which everybody can read.
    ///
    /// # Errors
    ///
    /// Returns an error if the environment names an unknown profile, or if it names none and this
    /// is a release build.
    pub fn from_environment() -> anyhow::Result<Self> {
        match env::var(PROFILE_VARIABLE) {
            Ok(name) => name.parse().ok().with_context(|| {
                format!("the environment variable {PROFILE_VARIABLE} is `{name}`; set it to `dev` or `prod`")
            }),
            Err(_) if cfg!(debug_assertions) => Ok(Self::Development),
            Err(_) => bail!("there is no profile; set the environment variable {PROFILE_VARIABLE} to `dev` or `prod`"),
        }
    }
}
