use std::path::PathBuf;

use anyhow::Context;

use crate::programs;

/// The package of Debian.
pub(crate) const PACKAGE: &str = "chromium";

/// Finds the browser of the system.
///
/// # Errors
///
/// Returns an error that names the package if the system has no browser.
pub fn chromium() -> anyhow::Result<PathBuf> {
    let found = programs::find(&["chromium", "chromium-browser", "google-chrome"]);
    found.with_context(|| {
        format!(
            "the program `chromium` is missing; on Debian, install it by \
             `apt-get install --no-install-recommends {PACKAGE}`"
        )
    })
}
