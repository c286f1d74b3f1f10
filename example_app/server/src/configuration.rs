//! Which configuration the server starts with.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use pavex::config::ConfigLoader;
use server_sdk::ApplicationConfig;

pub use crate::profile::Profile;

/// The environment variable that names the folder of the configuration files.
pub const FOLDER_VARIABLE: &str = "SHOP_CONFIGURATION_DIR";

const KEYS_VARIABLE: &str = "PX_COOKIES__CRYPTO_RULES";

/// Reads the configuration of that profile from its files and the environment.
///
/// # Errors
///
/// If there are no files, something in them is wrong or missing, or there is no key for the session cookie.
pub fn load(profile: Profile) -> anyhow::Result<ApplicationConfig> {
    let folder = folder()?;
    let loader = ConfigLoader::new().profile(profile);
    let config = loader.configuration_dir(&folder).load();
    let config = config.map_err(|error| {
        let cause = without_value(&anyhow::Error::from(error).root_cause().to_string());
        anyhow!("{cause} (the files are in {})", folder.display())
    })?;
    require_key(&config)?;
    Ok(config)
}

/// The folder that the environment names; else `configuration` in the working directory or one above it; else the
/// one in the source code, for `cargo run`.
fn folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE) {
        let folder = PathBuf::from(folder);
        if !has_files(&folder) {
            bail!(
                "{FOLDER_VARIABLE}: there is no base.yml in {}",
                folder.display()
            );
        }
        return Ok(folder);
    }
    let working_directory = env::current_dir().unwrap_or_default();
    let above = working_directory.ancestors();
    let mut candidates = above
        .map(|folder| folder.join("configuration"))
        .chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("configuration")]);
    let found = candidates.find(|folder| has_files(folder));
    found.with_context(|| {
        format!(
            "there is no folder `configuration` with a base.yml in {} or above it; \
             set the environment variable {FOLDER_VARIABLE} to its path",
            working_directory.display()
        )
    })
}

fn has_files(folder: &Path) -> bool {
    folder.join("base.yml").is_file()
}

/// The message without the text that was found where something else was expected: it may be a key.
fn without_value(message: &str) -> String {
    let before = message.split_once("found string \"");
    let after = message.rsplit_once("\", expected");
    match (before, after) {
        (Some((before, _)), Some((_, after))) => format!("{before}found a text, expected{after}"),
        _ => message.to_owned(),
    }
}

fn require_key(config: &ApplicationConfig) -> anyhow::Result<()> {
    let name = &config.session.cookie.name;
    let mut rules = config.cookies.crypto_rules.iter();
    if rules.any(|rule| rule.cookie_names.contains(name)) {
        return Ok(());
    }
    bail!(
        "there is no key for the session cookie: set the environment variable {KEYS_VARIABLE} to \
         `[{{cookie_names=[\"{name}\"],algorithm=\"encryption\",key=\"…\"}}]`, where the key is at least 64 random \
         characters, as from `openssl rand -hex 64`"
    )
}
