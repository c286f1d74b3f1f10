use std::fmt;
use std::process::Command;

use crate::layout::Layout;
use crate::{mariadb, postgres};

/// Which database a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
pub enum Database {
    /// Postgres
    Postgres,
    /// MariaDB, which stands for MySQL as well
    MariaDb,
}

impl Database {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::MariaDb];

    /// The environment variable with the URL of a server that tests are to use.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "SESSION_TEST_POSTGRES_URL",
            Self::MariaDb => "SESSION_TEST_MYSQL_URL",
        }
    }

    /// For names of folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
        }
    }

    /// Debian's packages with the programs.
    pub(crate) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            // Without a service and a data folder of the system's; the client has what the
            // installation script calls.
            Self::MariaDb => &["mariadb-server-core", "mariadb-client-core"],
        }
    }

    /// The system's accounts that fit, the best one first.
    pub(crate) fn accounts(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres", "nobody"],
            Self::MariaDb => &["mysql", "nobody"],
        }
    }

    pub(crate) fn url(self, layout: &Layout) -> String {
        match self {
            Self::Postgres => postgres::url(layout),
            Self::MariaDb => mariadb::url(layout),
        }
    }

    /// Fills the data folder.
    pub(crate) fn initialise(self, layout: &Layout) -> anyhow::Result<()> {
        match self {
            Self::Postgres => postgres::initialise(layout),
            Self::MariaDb => mariadb::initialise(layout),
        }
    }

    /// The command that runs the server in the foreground.
    pub(crate) fn command(self, layout: &Layout) -> anyhow::Result<Command> {
        match self {
            Self::Postgres => postgres::command(layout),
            Self::MariaDb => mariadb::command(layout),
        }
    }

    /// Whether the server with that process id accepts connections.
    pub(crate) fn is_ready(self, layout: &Layout, process: u32) -> bool {
        match self {
            Self::Postgres => postgres::is_ready(layout, process),
            Self::MariaDb => mariadb::is_ready(layout),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::MariaDb => "MariaDB",
        })
    }
}
