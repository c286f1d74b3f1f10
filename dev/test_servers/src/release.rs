use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::account::{Account, is_root};
use crate::database::Database;
use crate::install::{self, is_debian};
use crate::programs::{Programs, usr};

/// A release of a database that a suite of Debian has, whatever this system has.
///
/// Its packages are unpacked into a folder, together with all that they require, and are not
/// installed. [`Setup::of_release`](crate::Setup::of_release) starts servers of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Release {
    product: &'static str,
    /// The beginning of its version.
    series: &'static str,
    /// The database whose tests run on it.
    database: Database,
    suite: &'static str,
    packages: &'static [&'static str],
}

/// The packages of programs that servers, and scripts that prepare them, run besides their own. No
/// package requires those that are on each system.
const BASE: [&str; 5] = ["coreutils", "dash", "grep", "sed", "util-linux"];

/// The folders that older packages have beside `/usr`.
const MERGED: [&str; 4] = ["bin", "lib", "lib64", "sbin"];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The number of attempts to fetch a release. A mirror that is being updated fails for a moment.
const ATTEMPTS: u32 = 3;
/// The pause after the first attempt. Each later one is longer by as much.
const PAUSE: Duration = Duration::from_secs(5);

impl Release {
    /// All releases, in the order of their names.
    pub const ALL: [Self; 10] = [
        release(Database::MariaDb, "MariaDB", "10.11", "bookworm", &MARIADB),
        release(Database::MariaDb, "MariaDB", "11.8", "trixie", &MARIADB),
        release(
            Database::MariaDb,
            "MySQL",
            "9",
            "sid",
            &["mysql-server-core"],
        ),
        release(
            Database::Postgres,
            "Postgres",
            "15",
            "bookworm",
            &["postgresql-15"],
        ),
        release(
            Database::Postgres,
            "Postgres",
            "17",
            "trixie",
            &["postgresql-17"],
        ),
        release(
            Database::Postgres,
            "Postgres",
            "18",
            "sid",
            &["postgresql-18"],
        ),
        release(Database::Redis, "Redis", "7", "bookworm", &["redis-server"]),
        release(Database::Redis, "Redis", "8", "trixie", &["redis-server"]),
        release(Database::Redis, "Valkey", "8", "trixie", &["valkey-server"]),
        release(Database::Redis, "Valkey", "9", "sid", &["valkey-server"]),
    ];

    /// The name for commands, such as `mariadb-10.11`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.product.to_lowercase(), self.series)
    }

    /// The name of the database, such as `MariaDB`.
    pub fn product(&self) -> &'static str {
        self.product
    }

    /// The database whose tests run on it: MySQL is in the place of MariaDB, and Valkey in that of
    /// Redis.
    pub fn database(&self) -> Database {
        self.database
    }

    /// Returns an error if this system cannot fetch or run any release.
    ///
    /// # Errors
    ///
    /// Returns an error unless this process is root, on Debian.
    pub fn ensure_usable() -> anyhow::Result<()> {
        ensure!(
            is_root() && is_debian(),
            "only root on Debian can fetch and run other releases of databases"
        );
        Ok(())
    }

    /// Unpacks the release into an empty folder, and tries again after a failure. Returns its
    /// version.
    ///
    /// # Errors
    ///
    /// Returns an error that names the release, the suite and the packages if it cannot be fetched,
    /// or if the suite has another series.
    pub fn fetch(&self, folder: &Path) -> anyhow::Result<String> {
        Self::ensure_usable()?;
        let source = || {
            let archive = archive()?;
            let suite = self.suite;
            Ok(format!("[signed-by={KEYRING}] {archive} {suite} main"))
        };
        let version = self.fetch_from(source, folder, PAUSE)?;
        ensure!(
            is_of(&version, self.series),
            "{} has {} {version} in place of {}: change `Release::ALL`",
            self.place(),
            self.product,
            self.series
        );
        Ok(version)
    }

    /// Like [`fetch`](Self::fetch), from a source in the notation of `apt`.
    fn fetch_from(
        &self,
        source: impl Fn() -> anyhow::Result<String>,
        folder: &Path,
        pause: Duration,
    ) -> anyhow::Result<String> {
        let name = format!("{} {}: {}", self.product, self.series, self.place());
        for attempt in 1..ATTEMPTS {
            match source().and_then(|source| self.try_to_fetch(&source, folder)) {
                Ok(version) => return Ok(version),
                Err(error) => eprintln!("attempt {attempt} of {ATTEMPTS}, {name}: {error:#}"),
            }
            sleep(pause * attempt);
        }
        self.try_to_fetch(&source()?, folder)
            .with_context(|| format!("{ATTEMPTS} attempts to fetch {name} failed"))
    }

    fn try_to_fetch(&self, source: &str, folder: &Path) -> anyhow::Result<String> {
        fs::remove_dir_all(folder)?;
        let apt = Apt::at(&folder.join("apt"), source)?;
        apt.run(&["update"])?;
        apt.download(&[&BASE, self.packages].concat())?;
        unpack(&apt.packages()?, &folder.join("root"))?;
        fs::rename(folder.join("root/usr"), usr(folder))?;
        fs::remove_dir_all(folder.join("root"))?;
        fs::remove_dir_all(apt.folder)?;
        self.version(folder)
    }

    fn place(&self) -> String {
        let packages = self.packages.join(" ");
        format!("`{packages}` of Debian's suite `{}`", self.suite)
    }

    /// The version of the release that was unpacked into this folder.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder does not have its programs, or if they do not run.
    pub fn version(&self, folder: &Path) -> anyhow::Result<String> {
        let programs = Programs::at(folder);
        programs.ensure_usable()?;
        let server = self.database.engine().program(&programs)?;
        version(&mut programs.command(&server, Account::Ours))
    }
}

const MARIADB: [&str; 2] = ["mariadb-server-core", "mariadb-client-core"];

const fn release(
    database: Database,
    product: &'static str,
    series: &'static str,
    suite: &'static str,
    packages: &'static [&'static str],
) -> Release {
    Release {
        product,
        series,
        database,
        suite,
        packages,
    }
}

/// Asks a server's program for its version.
fn version(program: &mut Command) -> anyhow::Result<String> {
    let output = program.arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = number(&text).filter(|_| output.status.success());
    version.map(str::to_owned).with_context(|| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("the server does not print its version: {text}{errors}")
    })
}

/// Finds the version in what a program prints, and leaves out what Debian adds to it.
fn number(text: &str) -> Option<&str> {
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_start_matches("v="));
    let word = words.find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    word.split(|other: char| !other.is_ascii_digit() && other != '.')
        .next()
}

fn is_of(version: &str, series: &str) -> bool {
    let rest = version.strip_prefix(series);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The address of the archive that this system has its packages from.
fn archive() -> anyhow::Result<String> {
    let read = || {
        let output = Command::new("apt-get")
            .args(["indextargets", "--format", "$(REPO_URI)"])
            .args(["Origin: Debian", "Label: Debian", "Created-By: Packages"])
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        anyhow::Ok(text.lines().next().map(str::to_owned))
    };
    if let Some(archive) = read()? {
        return Ok(archive);
    }
    // Origins are known after that.
    install::apt_get(&["update"])?;
    read()?.context("`apt-get indextargets` lists no archive of Debian")
}

/// An `apt-get` that knows of no installed package, with one source and files of its own.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn at(folder: &Path, source: &str) -> anyhow::Result<Self> {
        for name in ["lists/partial", "archives/partial"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("status"), "")?;
        fs::write(folder.join("sources.list"), format!("deb {source}\n"))?;
        let folder = folder.to_owned();
        Ok(Self { folder })
    }

    fn download(&self, packages: &[&str]) -> anyhow::Result<()> {
        let install = [
            "install",
            "--download-only",
            "--yes",
            "--no-install-recommends",
        ];
        self.run(&[&install, packages].concat())
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let folder = self.folder.display();
        let options = [
            format!("Dir::State={folder}"),
            format!("Dir::State::status={folder}/status"),
            format!("Dir::Cache={folder}"),
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            // The account of `apt` may not enter all folders.
            "APT::Sandbox::User=root".to_owned(),
            // By default, a list that cannot be fetched is only a warning.
            "APT::Update::Error-Mode=any".to_owned(),
            "Acquire::Retries=3".to_owned(),
            "Acquire::http::Timeout=30".to_owned(),
        ];
        let options = options.iter().flat_map(|option| ["--option", option]);
        let options: Vec<_> = options.collect();
        install::apt_get(&[&options, arguments].concat())
    }

    fn packages(&self) -> anyhow::Result<Vec<PathBuf>> {
        let files = fs::read_dir(self.folder.join("archives"))?;
        let paths = files.map(|file| Ok(file?.path()));
        let mut paths = paths.collect::<anyhow::Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|it| it == "deb"));
        Ok(paths)
    }
}

fn unpack(packages: &[PathBuf], root: &Path) -> anyhow::Result<()> {
    for name in MERGED {
        fs::create_dir_all(root.join("usr").join(name))?;
        symlink(Path::new("usr").join(name), root.join(name))?;
    }
    for package in packages {
        extract(package, root).with_context(|| format!("cannot unpack {}", package.display()))?;
    }
    // An installation would make this link.
    let sh = root.join("usr/bin/sh");
    if !sh.exists() {
        symlink("dash", sh)?;
    }
    Ok(())
}

/// Extracts the files of a package. `dpkg -x` would replace the links in the folder.
fn extract(package: &Path, root: &Path) -> anyhow::Result<()> {
    let mut archive = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = archive.stdout.take().context("`dpkg-deb` has no output")?;
    let status = Command::new("tar")
        .args(["--extract", "--keep-directory-symlink", "--directory"])
        .arg(root)
        .stdin(output)
        .status()?;
    ensure!(
        archive.wait()?.success() && status.success(),
        "`dpkg-deb` or `tar` failed"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_what_a_server_prints() {
        for (text, version) in [
            ("postgres (PostgreSQL) 18.6 (Debian 18.6-3)", "18.6"),
            (
                "mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu",
                "10.11.14",
            ),
            (
                "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))",
                "9.7.4",
            ),
            (
                "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0",
                "7.0.15",
            ),
        ] {
            assert_eq!(number(text), Some(version));
        }
        assert_eq!(number("no version"), None);
    }

    #[test]
    fn a_series_is_the_beginning_of_a_version() {
        assert!(is_of("9.7.4", "9") && is_of("10.11.14", "10.11") && is_of("18", "18"));
        assert!(!is_of("90.1", "9") && !is_of("10.1", "10.11"));
    }

    #[test]
    fn a_release_that_cannot_be_fetched_is_an_error_with_its_name_suite_and_packages() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("archive");
        fs::create_dir(&empty).unwrap();
        fs::write(empty.join("Packages"), "").unwrap();
        let source = || Ok(format!("[trusted=yes] file:{} ./", empty.display()));
        let release = release(Database::Redis, "Redis", "7", "nowhere", &["redis-server"]);
        let target = folder.path().join("target");
        fs::create_dir(&target).unwrap();
        let error = release.fetch_from(source, &target, Duration::ZERO);
        assert_eq!(
            error.unwrap_err().to_string(),
            "3 attempts to fetch Redis 7: `redis-server` of Debian's suite `nowhere` failed"
        );
    }
}
