use std::fmt;

use crate::engine::Engine;
use crate::mariadb::MariaDb;
use crate::pgbouncer::PgBouncer;
use crate::postgres::Postgres;
use crate::redis::Redis;

/// The database that a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Postgres
    Postgres,
    /// PgBouncer, which needs a server of Postgres: see [`Setup::pooler`](crate::Setup::pooler)
    PgBouncer,
    /// MariaDB, which also represents MySQL
    MariaDb,
    /// Redis
    Redis,
    /// Valkey, which few systems have
    Valkey,
}

impl Database {
    /// All databases.
    pub const ALL: [Self; 5] = [
        Self::Postgres,
        Self::PgBouncer,
        Self::MariaDb,
        Self::Redis,
        Self::Valkey,
    ];

    /// The environment variable with the URL of a server that tests are to use.
    pub fn variable(self) -> &'static str {
        self.engine().facts().variable
    }

    /// The environment variable with the folder of [`Setup::of_release`](crate::Setup::of_release).
    /// [`Setup`](crate::Setup) reads it, so tests start servers of that release.
    pub fn programs_variable(self) -> &'static str {
        self.engine().facts().programs_variable
    }

    /// Returns `true` if the tests on it may be left out on systems that cannot install it.
    pub fn is_optional(self) -> bool {
        // Debian has it from 13 on.
        self == Self::Valkey
    }

    pub(crate) fn engine(self) -> &'static dyn Engine {
        match self {
            Self::Postgres => &Postgres,
            Self::PgBouncer => &PgBouncer,
            Self::MariaDb => &MariaDb,
            Self::Redis => &Redis::REDIS,
            Self::Valkey => &Redis::VALKEY,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.engine().facts().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Programs;

    #[test]
    fn a_release_without_the_programs_is_an_error_with_its_folder_and_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        for database in Database::ALL {
            let programs = Programs::at(folder.path());
            let error = database.engine().program(&programs).unwrap_err();
            let error = error.to_string();
            let folder = folder.path().to_str().unwrap();
            for part in [folder, database.programs_variable()] {
                assert!(error.contains(part), "{part} in {error}");
            }
        }
    }
}
