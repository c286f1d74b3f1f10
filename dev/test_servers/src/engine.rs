use std::path::PathBuf;
use std::process::Command;

use crate::context::ServerContext;
use crate::facts::{Facts, Missing};
use crate::programs::Programs;

/// The part of a server that differs from database to database.
pub(crate) trait Engine {
    fn facts(&self) -> &'static Facts;

    /// Looks for the programs that the other methods run. Returns that of the server.
    fn program(&self, programs: &Programs) -> Result<PathBuf, Missing>;

    fn url(&self, context: &ServerContext) -> String;

    /// Fills the data folder.
    fn initialise(&self, context: &ServerContext) -> anyhow::Result<()>;

    /// Returns the command that runs the server in the foreground.
    fn command(&self, context: &ServerContext) -> anyhow::Result<Command>;

    /// Returns `true` if the server with that process id accepts connections.
    fn is_ready(&self, context: &ServerContext, process: u32) -> bool;
}
