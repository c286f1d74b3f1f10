use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::account::is_root;
use crate::chromium::{PACKAGE, chromium};
use crate::database::Database;
use crate::galera;
use crate::programs::Programs;

/// Installs the missing packages of a database, as root on Debian.
///
/// The packages start no service and create no database of the system.
///
/// # Errors
///
/// Returns an error that names the packages if this process may not install them, or if the
/// installation fails.
pub fn ensure_installed(database: Database) -> anyhow::Result<()> {
    let engine = database.engine();
    let programs = Programs::of(engine.facts());
    ensure(
        || Ok(engine.program(&programs).map(drop)?),
        engine.facts().packages,
    )
}

/// Installs the package of [`chromium`], as root on Debian.
///
/// # Errors
///
/// Returns an error that names the package if this process may not install it, or if the
/// installation fails.
pub fn ensure_chromium_installed() -> anyhow::Result<()> {
    ensure(|| chromium().map(drop), &[PACKAGE])
}

/// Installs the package of the library that [`Galera`](crate::Galera) requires, as root on Debian.
///
/// # Errors
///
/// Returns an error that names the package if this process may not install it, or if the
/// installation fails.
pub fn ensure_galera_installed() -> anyhow::Result<()> {
    ensure(|| galera::find_library().map(drop), &[galera::PACKAGE])
}

fn ensure(look: impl Fn() -> anyhow::Result<()>, packages: &[&str]) -> anyhow::Result<()> {
    let Err(missing) = look() else {
        return Ok(());
    };
    if !(is_root() && is_debian()) {
        return Err(missing);
    }
    install(packages)
        .and_then(|()| look())
        .with_context(|| format!("cannot install {}", packages.join(" ")))
}

pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists()
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    // Installation scripts run this before they start a service. The status 101 forbids it.
    let _no_services = TemporaryFile::create("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")?;
    let _no_cluster = TemporaryFile::create(
        "/etc/postgresql-common/createcluster.d/no-main-cluster.conf",
        "create_main_cluster = false\n",
    )?;
    apt_get(&["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(&[&install, packages].concat())
}

pub(crate) fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("apt-get")
        .arg("--quiet")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .status()?;
    ensure!(status.success(), "`apt-get {}` failed", arguments.join(" "));
    Ok(())
}

/// An executable file that is removed when the value is dropped. An existing file stays as it is.
struct TemporaryFile(Option<PathBuf>);

impl TemporaryFile {
    fn create(path: &str, text: &str) -> io::Result<Self> {
        let path = PathBuf::from(path);
        if path.exists() {
            return Ok(Self(None));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text)?;
        let file = Self(Some(path.clone()));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        Ok(file)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            _ = fs::remove_file(path);
        }
    }
}
