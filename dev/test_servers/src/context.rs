use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::ensure;

use crate::account::Account;
use crate::programs::{self, Programs};

/// The properties of a server that its engine requires.
#[derive(Debug)]
pub(crate) struct ServerContext {
    /// True if commits wait for the disk.
    pub(crate) durable: bool,
    pub(crate) programs: Programs,
    /// The folder with all files of the server.
    pub(crate) folder: PathBuf,
    pub(crate) account: Account,
    pub(crate) port: u16,
    pub(crate) password: String,
    /// Lines of the configuration file, or options of the form `name=value`.
    pub(crate) settings: Vec<String>,
    /// The URL of the server whose data are copied.
    pub(crate) primary: Option<String>,
}

impl ServerContext {
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Returns a command that runs under the account of the server, without our environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = self.programs.command(program, self.account);
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", programs::search_path())
            .env("LC_ALL", "C");
        command
    }

    /// Runs a command that prepares the data folder.
    pub(crate) fn prepare(&self, command: &mut Command) -> anyhow::Result<()> {
        let output = command.stdin(Stdio::null()).output()?;
        ensure!(
            output.status.success(),
            "{command:?} failed: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Writes a file that only the server can read.
    pub(crate) fn write_secret(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text)?;
        self.account.chown_to(&path)?;
        Ok(path)
    }
}
