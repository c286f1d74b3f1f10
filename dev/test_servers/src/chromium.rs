use std::path::PathBuf;

use anyhow::Context;

use crate::programs;

/// Debian's package.
pub(crate) const PACKAGE: &str = "chromium";

/// The browser, from what the system has.
///
/// # Errors
///
/// If it has none. The error names the package.
pub fn chromium() -> anyhow::Result<PathBuf> {
    let found = programs::find(&["chromium", "chromium-browser", "google-chrome"]);
    found.with_context(|| {
        format!(
            "the program chromium is missing; on Debian it comes with \
             `apt-get install --no-install-recommends {PACKAGE}`"
        )
    })
}
