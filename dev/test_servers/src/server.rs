use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::account::Account;
use crate::database::Database;
use crate::disk::SmallDisk;
use crate::layout::Layout;
use crate::port;
use crate::process::Process;
use crate::redis;
use crate::watchdog::Watchdog;

/// A database server that is there for as long as this value.
///
/// Its URL names an empty database and a user who may do everything.
#[derive(Debug)]
pub struct Server {
    // In this order: the process ends, then the watchdog removes the folder.
    process: Option<Process>,
    watchdog: Watchdog,
    layout: Layout,
}

/// How a server is to be.
///
/// # Example
///
/// ```no_run
/// use test_servers::{Database, Setup};
///
/// # fn main() -> anyhow::Result<()> {
/// let server = Setup::of(Database::MariaDb).without_durability().start()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Setup {
    database: Database,
    durable: bool,
    /// Where the folder is made.
    parent: PathBuf,
    settings: Vec<String>,
    password: Option<String>,
}

/// How long a server may take to start, the recovery from a crash included.
const START_LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// How often another port is tried, should somebody take the one that was free.
const PORTS: u32 = 3;

impl Setup {
    /// A server with the durability that the database has by default: what was acknowledged
    /// survives a crash.
    pub fn of(database: Database) -> Self {
        Self {
            database,
            durable: true,
            parent: std::env::temp_dir(),
            settings: vec![],
            password: None,
        }
    }

    /// Commits do not wait for the disk. Faster, for tests that take no durability for granted.
    pub fn without_durability(mut self) -> Self {
        self.durable = false;
        self
    }

    /// The server keeps everything on that disk. Drop it before the disk.
    pub fn on(mut self, disk: &SmallDisk) -> Self {
        self.parent = disk.path().to_owned();
        self
    }

    /// Adds a line to the configuration file of Redis or Valkey. Others have none, and do not start with this.
    pub fn with(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// Servers that work together have the same password.
    pub(crate) fn with_password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Starts the server and waits until it can be used.
    ///
    /// # Errors
    ///
    /// If its programs are missing (the error names the packages), or it does not start.
    pub fn start(self) -> anyhow::Result<Server> {
        ensure!(
            self.settings.is_empty() || self.database.has_settings(),
            "{} has no configuration file to add settings to",
            self.database
        );
        let account = Account::for_servers(self.database.accounts())?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("test-{}-", self.database.name()))
            .tempdir_in(&self.parent)?
            .keep();
        let watchdog = Watchdog::removing(&folder)?;
        account.give(&folder)?;
        let mut server = Server {
            process: None,
            watchdog,
            layout: Layout {
                database: self.database,
                durable: self.durable,
                folder,
                account,
                port: port::free()?,
                password: self.password.unwrap_or_else(port::random_word),
                settings: self.settings,
            },
        };
        self.database.initialise(&server.layout)?;
        server.start_on_a_free_port()?;
        Ok(server)
    }
}

impl Server {
    /// A server with the durability that the database has by default; see [`Setup`] for others.
    ///
    /// # Errors
    ///
    /// Those of [`Setup::start`].
    pub fn start(database: Database) -> anyhow::Result<Self> {
        Setup::of(database).start()
    }

    /// The URL of the database, with user and password.
    pub fn url(&self) -> String {
        self.layout.database.url(&self.layout)
    }

    /// The URL with the address of a proxy in place of the server's.
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        let direct = self.address().to_string();
        self.url().replace(&direct, &proxy.to_string())
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.layout.port).into()
    }

    /// The password of the user in the [`url`](Self::url).
    pub fn password(&self) -> &str {
        &self.layout.password
    }

    /// A connection to Redis or Valkey for the test itself, past all proxies and without TLS.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn redis(&self) -> anyhow::Result<::redis::Connection> {
        redis::connection(&self.layout)
    }

    /// Where the server keeps everything.
    pub fn folder(&self) -> &Path {
        &self.layout.folder
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        let log = fs::read(self.layout.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Makes the account that the server runs under the owner of a file or folder.
    ///
    /// # Errors
    ///
    /// If this process may not.
    pub fn give(&self, path: &Path) -> anyhow::Result<()> {
        self.layout.account.give(path)
    }

    /// Ends all processes of the server with `SIGKILL`.
    ///
    /// # Errors
    ///
    /// If the server does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let process = self.process.take().context("the server does not run")?;
        // Before the process is reaped and its number is free.
        self.watchdog.forget()?;
        process.kill()
    }

    /// Starts the server again after [`kill`](Self::kill), on the same port and data, and waits until
    /// it can be used.
    ///
    /// # Errors
    ///
    /// If the server runs, or does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the server runs");
        self.spawn()?;
        self.wait_until_ready()
    }

    /// Freezes all processes of the server with `SIGSTOP`: connections stay, and nothing answers.
    ///
    /// # Errors
    ///
    /// If the server does not run.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.running()?.stop()
    }

    /// Thaws the server after [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// If the server does not run.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.running()?.resume()
    }

    fn running(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the server does not run")
    }

    fn start_on_a_free_port(&mut self) -> anyhow::Result<()> {
        for _ in 1..PORTS {
            self.spawn()?;
            match self.wait_until_ready() {
                Err(_) if port::is_taken(self.layout.port) => {
                    self.kill()?;
                    self.layout.port = port::free()?;
                }
                outcome => return outcome,
            }
        }
        self.spawn()?;
        self.wait_until_ready()
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        let mut command = self.layout.database.command(&self.layout)?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.layout.log())?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let process = Process::spawn(&mut command)?;
        self.watchdog.watch(process.id())?;
        self.process = Some(process);
        Ok(())
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        let process = self.process.as_mut().context("the server does not run")?;
        while start.elapsed() < START_LIMIT {
            if let Some(status) = process.ended()? {
                bail!("{} ended: {status}; {}", self.layout.database, self.tail());
            }
            if self.layout.database.is_ready(&self.layout, process.id()) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        bail!("{} does not answer; {}", self.layout.database, self.tail())
    }

    /// The end of the log, for an error.
    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        let lines: Vec<_> = lines.into_iter().rev().collect();
        format!("the end of its log:\n{}", lines.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.is_some() {
            // What goes wrong here, the watchdog is going to do.
            _ = self.kill();
        }
    }
}
