use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::account::Account;
use crate::context::ServerContext;
use crate::database::Database;
use crate::disk::SmallDisk;
use crate::pgbouncer;
use crate::port;
use crate::process::Process;
use crate::programs::Programs;
use crate::redis;
use crate::watchdog::Watchdog;

/// A database server that runs until the value is dropped.
///
/// Its URL contains the name of an empty database and a user with all rights.
#[derive(Debug)]
pub struct Server {
    // In this order: the process ends, then the watchdog removes the folder.
    process: Option<Process>,
    watchdog: Watchdog,
    database: Database,
    context: ServerContext,
}

/// The settings of a server that is to be started.
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
    /// The parent of the server's folder.
    parent: PathBuf,
    settings: Vec<String>,
    password: Option<String>,
    primary: Option<String>,
    programs: Programs,
}

/// The time until a server has started, including the recovery from a crash.
const START_LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// The number of ports that are tried, should another process take a free one first.
const PORTS: u32 = 3;

impl Setup {
    /// Creates a setup with the default durability of the database: acknowledged changes survive a
    /// crash.
    pub fn of(database: Database) -> Self {
        Self {
            database,
            durable: true,
            parent: std::env::temp_dir(),
            settings: vec![],
            password: None,
            primary: None,
            programs: Programs::of(database.engine().facts()),
        }
    }

    /// Creates a setup of PgBouncer in front of a database of Postgres. It gives each transaction
    /// another connection.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL has no user, password, host, port or name.
    pub fn pooler(url: &str) -> anyhow::Result<Self> {
        Ok(Self::of(Database::PgBouncer).with(pgbouncer::database(url)?))
    }

    /// Creates a setup of a standby of this server of Postgres: it copies all data, follows all
    /// changes, and has the same user.
    pub fn standby_of(primary: &Server) -> Self {
        Self {
            primary: Some(primary.url()),
            programs: primary.context.programs.clone(),
            ..Self::of(primary.database).with_password(primary.password())
        }
    }

    /// Makes commits faster: they do not wait for the disk.
    pub fn without_durability(mut self) -> Self {
        self.durable = false;
        self
    }

    /// Puts all files of the server on this disk. Drop the server before the disk.
    pub fn on(mut self, disk: &SmallDisk) -> Self {
        self.parent = disk.path().to_owned();
        self
    }

    /// Adds a setting: a line of the configuration file of Redis, Valkey or PgBouncer, and
    /// `name=value` for Postgres and MariaDB.
    pub fn with(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// Runs the programs of a [`Release`](crate::Release) that was unpacked into this folder.
    /// Without it, the environment chooses; see [`Database::programs_variable`].
    ///
    /// It requires root. The release takes the place of `/usr` for the server, and for nobody else.
    pub fn of_release(mut self, folder: &Path) -> Self {
        self.programs = Programs::at(folder);
        self
    }

    /// Sets the password that servers of one cluster share.
    pub(crate) fn with_password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Starts the server and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not start, or if its programs are missing. Then the
    /// error names the packages.
    pub fn start(self) -> anyhow::Result<Server> {
        let database = self.database;
        let facts = database.engine().facts();
        self.programs.ensure_usable()?;
        let account = Account::for_servers(facts.accounts)?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("test-{}-", facts.name.to_lowercase()))
            .tempdir_in(&self.parent)?
            .keep();
        let watchdog = Watchdog::removing(&folder)?;
        account.chown_to(&folder)?;
        let mut server = Server {
            process: None,
            watchdog,
            database,
            context: ServerContext {
                durable: self.durable,
                programs: self.programs,
                folder,
                account,
                port: port::free()?,
                password: self.password.unwrap_or_else(port::random_word),
                settings: self.settings,
                primary: self.primary,
            },
        };
        database.engine().initialise(&server.context)?;
        server.start_on_a_free_port()?;
        Ok(server)
    }
}

impl Server {
    /// Starts a server with the default durability of the database. [`Setup`] has other settings.
    ///
    /// # Errors
    ///
    /// Returns an error as [`Setup::start`] does.
    pub fn start(database: Database) -> anyhow::Result<Self> {
        Setup::of(database).start()
    }

    /// The URL of the database, with user and password.
    pub fn url(&self) -> String {
        self.database.engine().url(&self.context)
    }

    /// The URL with the address of a proxy in place of the server's.
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        let direct = self.address().to_string();
        self.url().replace(&direct, &proxy.to_string())
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.context.port).into()
    }

    /// The password of the user in the [`url`](Self::url).
    pub fn password(&self) -> &str {
        &self.context.password
    }

    /// Connects to Redis or Valkey past all proxies and without TLS.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not answer.
    pub fn redis(&self) -> anyhow::Result<::redis::Connection> {
        redis::connection(&self.context)
    }

    /// The folder with all files of the server.
    pub fn folder(&self) -> &Path {
        &self.context.folder
    }

    /// The log of the server.
    pub fn log(&self) -> String {
        let log = fs::read(self.context.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Makes the account that the server runs under the owner of a file or folder.
    ///
    /// # Errors
    ///
    /// Returns an error if this process may not change the owner.
    pub fn chown_to(&self, path: &Path) -> anyhow::Result<()> {
        self.context.account.chown_to(path)
    }

    /// Ends all processes of the server with `SIGKILL`.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let process = self
            .process
            .take()
            .context("the server does not run: call `restart` first")?;
        // Before the process is reaped and its id is free.
        self.watchdog.forget()?;
        process.kill()
    }

    /// Starts the server again after [`kill`](Self::kill), on the same port and data, and waits
    /// until it accepts connections.
    ///
    /// # Errors
    ///
    /// Returns an error if the server runs, or does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the server runs: call `kill` first");
        self.spawn()?;
        self.wait_until_ready()
    }

    /// Freezes all processes of the server with `SIGSTOP`: connections stay, and nothing answers.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not run.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.running()?.stop()
    }

    /// Thaws the server after [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not run.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.running()?.resume()
    }

    fn running(&self) -> anyhow::Result<&Process> {
        self.process
            .as_ref()
            .context("the server does not run: call `restart` first")
    }

    fn start_on_a_free_port(&mut self) -> anyhow::Result<()> {
        for _ in 1..PORTS {
            self.spawn()?;
            match self.wait_until_ready() {
                Err(_) if port::is_taken(self.context.port) => {
                    self.kill()?;
                    self.context.port = port::free()?;
                }
                outcome => return outcome,
            }
        }
        self.spawn()?;
        self.wait_until_ready()
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        let mut command = self.database.engine().command(&self.context)?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.context.log())?;
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
        let engine = self.database.engine();
        let process = self
            .process
            .as_mut()
            .context("the server does not run: call `restart` first")?;
        while start.elapsed() < START_LIMIT {
            if let Some(status) = process.ended()? {
                bail!("{} ended: {status}; {}", self.database, self.tail());
            }
            if engine.is_ready(&self.context, process.id()) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        bail!("{} does not answer; {}", self.database, self.tail())
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
            // If this fails, the watchdog ends the server.
            _ = self.kill();
        }
    }
}
