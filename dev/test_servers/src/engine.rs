use std::fmt;
use std::process::Command;

use crate::context::ServerContext;

/// The part of a server that differs from database to database.
pub(crate) trait Engine {
    fn facts(&self) -> &'static Facts;

    /// Looks for the programs that the other methods run.
    fn look_for_programs(&self) -> Result<(), Missing>;

    fn url(&self, context: &ServerContext) -> String;

    /// Fills the data folder.
    fn initialise(&self, context: &ServerContext) -> anyhow::Result<()>;

    /// Returns the command that runs the server in the foreground.
    fn command(&self, context: &ServerContext) -> anyhow::Result<Command>;

    /// Returns `true` if the server with that process id accepts connections.
    fn is_ready(&self, context: &ServerContext, process: u32) -> bool;
}

/// The names that a database has on a system.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The name of the database, for people.
    pub(crate) name: &'static str,
    /// The environment variable with the URL of a server that tests are to use.
    pub(crate) variable: &'static str,
    /// Debian's packages with the programs.
    pub(crate) packages: &'static [&'static str],
    /// The accounts of the system that fit, the best one first.
    pub(crate) accounts: &'static [&'static str],
}

/// An error: the system lacks programs.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) facts: &'static Facts,
    pub(crate) programs: &'static [&'static str],
}

impl std::error::Error for Missing {}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts { name, packages, .. } = self.facts;
        write!(
            f,
            "a program of {name} is missing: `{}`; on Debian, install it by \
             `apt-get install --no-install-recommends {}`",
            self.programs.join("` or `"),
            packages.join(" ")
        )
    }
}
