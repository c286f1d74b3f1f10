//! Debian's package of the standard library's source, fetched without touching the system's package
//! lists.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use xshell::{Cmd, Shell, cmd};

/// The package with `/usr/src/rustc-<version>/library`.
const PACKAGE: &str = "rust-src";

/// The suite that keeps one package per recent release of Rust.
const SUITE: &str = "trixie-backports";

/// The key of Debian's archive, from the package `debian-archive-keyring`.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The name of the Debian release that this system runs; `None` if it does not run Debian.
pub(super) fn codename(shell: &Shell) -> Option<String> {
    codename_in(&shell.read_file("/etc/os-release").ok()?)
}

fn codename_in(os_release: &str) -> Option<String> {
    let value_of = |key: &str| {
        let mut lines = os_release.lines();
        lines.find_map(|line| Some(line.strip_prefix(key)?.strip_prefix('=')?.trim_matches('"')))
    };
    (value_of("ID") == Some("debian"))
        .then(|| value_of("VERSION_CODENAME").map(String::from))
        .flatten()
}

/// Downloads and unpacks the package for that release of Rust below `work`.
///
/// Returns the folder `library`.
pub(super) fn unpack_rust_src(
    shell: &Shell,
    release: &str,
    work: &Path,
) -> anyhow::Result<PathBuf> {
    let apt = Apt::with_lists_below(shell, work)?;
    let version = apt.version_for(release)?;
    let archive = apt.download(&version)?;
    let unpacked = work.join("src");
    cmd!(shell, "dpkg --extract {archive} {unpacked}").read()?;
    let sources = only_entry(&unpacked.join("usr/src"))?;
    Ok(sources.join("library"))
}

/// apt with one source of packages, whose lists, caches and downloads are all in one folder.
struct Apt<'a> {
    shell: &'a Shell,
    folder: &'a Path,
}

impl<'a> Apt<'a> {
    fn with_lists_below(shell: &'a Shell, folder: &'a Path) -> anyhow::Result<Self> {
        for name in ["lists/partial", "download", "src"] {
            shell.create_dir(folder.join(name))?;
        }
        let apt = Self { shell, folder };
        let source = format!(
            "Types: deb\nURIs: {}\nSuites: {SUITE}\nComponents: main\nSigned-By: {KEYRING}\n",
            mirror(shell)?
        );
        shell.write_file(apt.source(), source)?;
        apt.run("apt-get").args(["--quiet", "update"]).read()?;
        Ok(apt)
    }

    fn source(&self) -> PathBuf {
        self.folder.join("debian.sources")
    }

    fn run(&self, program: &str) -> Cmd<'a> {
        cmd!(self.shell, "{program}")
            .arg(format!(
                "-oDir::Etc::SourceList={}",
                self.source().display()
            ))
            .arg("-oDir::Etc::SourceParts=/dev/null")
            .arg(format!(
                "-oDir::State::Lists={}/lists",
                self.folder.display()
            ))
            .arg(format!("-oDir::Cache={}", self.folder.display()))
    }

    fn version_for(&self, release: &str) -> anyhow::Result<String> {
        let table = self.run("apt-cache").args(["madison", PACKAGE]).read()?;
        pick_version(&table, release).with_context(|| {
            format!(
                "{SUITE} has no {PACKAGE} of version {release}, the stable compiler's; it has:\n{table}"
            )
        })
    }

    fn download(&self, version: &str) -> anyhow::Result<PathBuf> {
        let directory = self.folder.join("download");
        let _there = self.shell.push_dir(&directory);
        self.run("apt-get")
            .args(["--quiet", "download"])
            .arg(format!("{PACKAGE}={version}"))
            .read()?;
        only_entry(&directory)
    }
}

/// The mirror that this system gets its own packages from.
fn mirror(shell: &Shell) -> anyhow::Result<String> {
    let codename = codename(shell).context("this system does not run Debian")?;
    let sources = cmd!(shell, "apt-get indextargets --format")
        .arg("$(REPO_URI) $(RELEASE)")
        .arg("Created-By: Packages")
        .quiet()
        .read()?;
    pick_mirror(&sources, &codename)
        .with_context(|| format!("apt has no source for the suite {codename}"))
}

/// From lines of a URI and a suite: the URI of the release itself, not of its security updates or
/// of others' packages.
fn pick_mirror(sources: &str, codename: &str) -> Option<String> {
    sources
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, suite)| [codename, "stable"].contains(suite))
        .map(|(uri, _)| uri.to_owned())
}

/// From lines such as `rust-src | 1.95.0+dfsg1-2 | …`: the first version of that release of Rust.
fn pick_version(table: &str, release: &str) -> Option<String> {
    let is_of_release = |version: &&str| {
        version
            .strip_prefix(release)
            .is_some_and(|rest| rest.starts_with(['+', '-']))
    };
    table
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(is_of_release)
        .map(String::from)
}

fn only_entry(directory: &Path) -> anyhow::Result<PathBuf> {
    let mut entries = fs::read_dir(directory)?;
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry?.path()),
        _ => bail!("{} should have one entry", directory.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_debian_itself_has_a_codename_here() {
        let debian = "NAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        assert_eq!(codename_in(debian).as_deref(), Some("bookworm"));
        let ubuntu = "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n";
        assert_eq!(codename_in(ubuntu), None);
        assert_eq!(codename_in(""), None);
    }

    #[test]
    fn the_mirror_is_the_one_of_the_release_itself() {
        let sources = "\
http://others.invalid/ nodistro
http://mirror.invalid/debian-security/ bookworm-security
http://mirror.invalid/debian/ bookworm-updates
http://mirror.invalid/debian/ bookworm
";
        let mirror = pick_mirror(sources, "bookworm");
        assert_eq!(mirror.as_deref(), Some("http://mirror.invalid/debian/"));
        assert_eq!(pick_mirror(sources, "trixie"), None);
    }

    #[test]
    fn the_package_is_of_exactly_the_compiler_s_release() {
        let table = "\
rust-src | 1.95.10+dfsg1-1 | source
rust-src | 1.95.1+dfsg1-2~bpo13+1 | source
rust-src | 1.94.1+dfsg1-1~bpo13+3 | source
";
        let version = pick_version(table, "1.95.1");
        assert_eq!(version.as_deref(), Some("1.95.1+dfsg1-2~bpo13+1"));
        assert_eq!(pick_version(table, "1.95.0"), None);
    }
}
