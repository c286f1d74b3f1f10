//! The releases that the tests run on, and the tests of each.

use std::fmt;
use std::iter::once;

use anyhow::Context;
use test_servers::{Database, Release, Server, Setup, ensure_installed};

use crate::cache::Cache;
use crate::servers;
use crate::test::{REDIS_STORE, SELECTION, SERVERS, SQL_STORES};

/// A release that the tests can use until the value is dropped.
pub(super) struct Running {
    /// The name of the database and its version.
    pub(super) title: String,
    pub(super) suites: Vec<Suite>,
    pub(super) environment: Vec<(&'static str, String)>,
    // A pooler ends before the database.
    _pooler: Option<Server>,
    _server: Server,
}

/// Tests of one program.
#[derive(Debug)]
pub(super) struct Suite {
    package: &'static str,
    program: &'static str,
    /// The arguments after `--`.
    filter: &'static [&'static str],
}

impl Running {
    /// Starts a server of the release, and chooses the release for servers that tests start.
    pub(super) fn start(release: Release) -> anyhow::Result<Self> {
        Release::ensure_usable()?;
        let (folder, version) = servers::ensure_fetched(&Cache::open()?, release)?;
        let database = release.database();
        let title = format!("{} {version}", release.product());
        let setup = Setup::of(database).of_release(&folder);
        let server = setup.without_durability().start();
        let server = server.with_context(|| format!("cannot start {title}"))?;
        let pooler = match database {
            Database::Postgres => Some(start_pooler(&server.url())?),
            _ => None,
        };
        let folder = folder.display().to_string();
        let url = |(database, server): (Database, &Server)| (database.variable(), server.url());
        let pooler_url = pooler.iter().map(|it| (Database::PgBouncer, it)).map(url);
        let environment = once((database.programs_variable(), folder));
        Ok(Self {
            title,
            suites: suites(database),
            environment: environment
                .chain(once(url((database, &server))))
                .chain(pooler_url)
                .collect(),
            _pooler: pooler,
            _server: server,
        })
    }
}

fn start_pooler(url: &str) -> anyhow::Result<Server> {
    ensure_installed(Database::PgBouncer)?;
    Setup::pooler(url)?.start()
}

/// The tests of the servers themselves come first.
fn suites(database: Database) -> Vec<Suite> {
    let suite = |package, program, filter| Suite {
        package,
        program,
        filter,
    };
    let sql = |servers, tests| {
        vec![
            suite(SERVERS, "servers", servers),
            suite(SQL_STORES, "store", tests),
            suite(SQL_STORES, "faults", tests),
        ]
    };
    match database {
        Database::Postgres | Database::PgBouncer => sql(&["postgres"], &["postgres"]),
        Database::MariaDb => sql(&["mariadb"], &["mysql"]),
        Database::Redis | Database::Valkey => vec![
            suite(SERVERS, "servers", &["redis", "slot", "sentinels"]),
            // Valkey is tested in the place of Redis.
            suite(REDIS_STORE, "store", &["--skip", "on_valkey"]),
            suite(REDIS_STORE, "faults", &[]),
        ],
    }
}

impl Suite {
    /// The tests of SQL are recognised by their filter alone, and those of Redis are not.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let Self {
            package,
            program,
            filter,
        } = *self;
        let selection: &[_] = match package {
            SQL_STORES => &SELECTION,
            _ => &["--all-features", "--package", package],
        };
        [&["test"], selection, &["--test", program, "--"], filter].concat()
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.program, self.package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_the_tests_of_its_store() {
        for release in Release::ALL {
            let store = match release.product() {
                "Redis" | "Valkey" => REDIS_STORE,
                _ => SQL_STORES,
            };
            let suites = suites(release.database());
            let programs = suites.iter().map(Suite::to_string).collect::<Vec<_>>();
            let expected = [
                "servers of test_servers",
                &format!("store of {store}"),
                &format!("faults of {store}"),
            ];
            assert_eq!(programs, expected, "{}", release.name());
        }
    }
}
