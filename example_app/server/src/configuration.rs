//! The configuration of the server, from files and the environment.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use pavex::config::ConfigLoader;
use server_sdk::ApplicationConfig;
use session::config::CRYPTO_RULE;

pub use crate::profile::Profile;

/// The environment variable with the path of the folder of the configuration files.
pub const FOLDER_VARIABLE: &str = "SHOP_CONFIGURATION_DIR";

const KEYS_VARIABLE: &str = "PX_COOKIES__CRYPTO_RULES";

/// Reads the configuration of that profile from its files and the environment.
///
/// # Errors
///
/// Returns an error if the files cannot be found, if a value in them is missing or not valid, or if
/// there is no key for the session cookie.
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

/// Returns the folder that the environment names; else the nearest folder `configuration` in or
/// above the working directory; else the one in the source code, for `cargo run`.
fn folder() -> anyhow::Result<PathBuf> {
    match env::var_os(FOLDER_VARIABLE) {
        Some(folder) => named_folder(folder.into()),
        None => nearest_folder(),
    }
}

fn named_folder(folder: PathBuf) -> anyhow::Result<PathBuf> {
    ensure!(
        has_files(&folder),
        "{} has no base.yml; set the environment variable {FOLDER_VARIABLE} to the folder of the \
         configuration files",
        folder.display()
    );
    Ok(folder)
}

fn nearest_folder() -> anyhow::Result<PathBuf> {
    let working_directory = env::current_dir().unwrap_or_default();
    let source_code = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut candidates = working_directory
        .ancestors()
        .chain([source_code])
        .map(|folder| folder.join("configuration"));
    let found = candidates.find(|folder| has_files(folder));
    found.with_context(|| {
        format!(
            "{} and the folders above it have no folder `configuration` with a base.yml; \
             set the environment variable {FOLDER_VARIABLE} to its path",
            working_directory.display()
        )
    })
}

fn has_files(folder: &Path) -> bool {
    folder.join("base.yml").is_file()
}

/// Removes the text that was found in place of another type from a message: it may be a key.
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
    ensure!(
        !config.cookies.crypto_rules.is_empty(),
        "the session cookie `{name}` has no key; set the environment variable {KEYS_VARIABLE} to \
         `[{{cookie_names=[\"{CRYPTO_RULE}\"],algorithm=\"encryption\",key=\"…\"}}]`, where the key is at \
         least 64 random characters, as from `openssl rand -hex 64`"
    );
    Ok(())
}
