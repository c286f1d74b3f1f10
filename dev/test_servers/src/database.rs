use std::fmt;
use std::process::Command;

use crate::layout::Layout;
use crate::{mariadb, postgres, redis};

/// Which database a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)]
pub enum Database {
    /// Postgres
    Postgres,
    /// MariaDB, which stands for MySQL as well
    MariaDb,
    /// Redis
    Redis,
    /// Valkey; few systems have it
    Valkey,
}

impl Database {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::MariaDb, Self::Redis, Self::Valkey];

    /// The environment variable with the URL of a server that tests are to use.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "SESSION_TEST_POSTGRES_URL",
            Self::MariaDb => "SESSION_TEST_MYSQL_URL",
            Self::Redis => "SESSION_TEST_REDIS_URL",
            Self::Valkey => "SESSION_TEST_VALKEY_URL",
        }
    }

    /// Whether its tests may be left out where it cannot be installed.
    pub fn is_optional(self) -> bool {
        // Debian has it from 13 on.
        self == Self::Valkey
    }

    /// Whether the server has a configuration file, to which a test may add.
    pub(crate) fn has_settings(self) -> bool {
        matches!(self, Self::Redis | Self::Valkey)
    }

    /// For names of folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }

    /// Debian's packages with the programs.
    pub(crate) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            // Without a service and a data folder of the system's; the client has what the
            // installation script calls.
            Self::MariaDb => &["mariadb-server-core", "mariadb-client-core"],
            Self::Redis => &["redis-server"],
            Self::Valkey => &["valkey-server"],
        }
    }

    /// The system's accounts that fit, the best one first.
    pub(crate) fn accounts(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres", "nobody"],
            Self::MariaDb => &["mysql", "nobody"],
            Self::Redis => &["redis", "nobody"],
            Self::Valkey => &["valkey", "nobody"],
        }
    }

    pub(crate) fn url(self, layout: &Layout) -> String {
        match self {
            Self::Postgres => postgres::url(layout),
            Self::MariaDb => mariadb::url(layout),
            Self::Redis | Self::Valkey => redis::url(layout),
        }
    }

    /// Fills the data folder.
    pub(crate) fn initialise(self, layout: &Layout) -> anyhow::Result<()> {
        match self {
            Self::Postgres => postgres::initialise(layout),
            Self::MariaDb => mariadb::initialise(layout),
            Self::Redis | Self::Valkey => redis::initialise(layout),
        }
    }

    /// The command that runs the server in the foreground.
    pub(crate) fn command(self, layout: &Layout) -> anyhow::Result<Command> {
        match self {
            Self::Postgres => postgres::command(layout),
            Self::MariaDb => mariadb::command(layout),
            Self::Redis | Self::Valkey => redis::command(layout),
        }
    }

    /// Whether the server with that process id accepts connections.
    pub(crate) fn is_ready(self, layout: &Layout, process: u32) -> bool {
        match self {
            Self::Postgres => postgres::is_ready(layout, process),
            Self::MariaDb => mariadb::is_ready(layout),
            Self::Redis | Self::Valkey => redis::is_ready(layout),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::MariaDb => "MariaDB",
            Self::Redis => "Redis",
            Self::Valkey => "Valkey",
        })
    }
}
