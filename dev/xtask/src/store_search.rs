//! `cargo xtask search --store`: the long form of the search in the tests of a store.

use anyhow::{Context, ensure};
use test_servers::Database;
use xshell::cmd;

use crate::test::{REDIS_STORE, SQL_STORES, missing_servers};
use crate::workspace::Workspace;

/// A store that has the test.
struct Store {
    name: &'static str,
    /// The server, unless the store needs none.
    database: Option<Database>,
    package: &'static str,
    /// The module of the test.
    module: &'static str,
}

const STORES: [Store; 5] = [
    sql("sqlite", None, "sqlite"),
    sql("postgres", Some(Database::Postgres), "postgres"),
    sql("mariadb", Some(Database::MariaDb), "mysql"),
    redis("redis", Database::Redis, "on_redis"),
    redis("valkey", Database::Valkey, "on_valkey"),
];

const fn sql(name: &'static str, database: Option<Database>, module: &'static str) -> Store {
    Store {
        name,
        database,
        package: SQL_STORES,
        module,
    }
}

const fn redis(name: &'static str, database: Database, module: &'static str) -> Store {
    Store {
        name,
        database: Some(database),
        package: REDIS_STORE,
        module,
    }
}

/// The test in the module of each store.
const TEST: &str = "facts::no_random_order_of_requests_breaks_a_promise";

/// The variables that the test reads.
const NUMBERS: [&str; 2] = ["SEARCH_RUNS", "SEARCH_SEED"];

/// Runs the test of a store with the given numbers: of runs, and of the seed.
pub(crate) fn run(workspace: &Workspace, name: &str, numbers: &[String]) -> anyhow::Result<()> {
    let names = || STORES.map(|store| store.name).join(", ");
    let store = STORES.iter().find(|store| store.name == name);
    let store = store.with_context(|| format!("the store `{name}` is not one of {}", names()))?;
    ensure!(
        numbers.len() <= NUMBERS.len(),
        "the only numbers are those of the runs and of the seed"
    );
    let servers = missing_servers(store.database)?;
    let urls = servers.iter().map(|(variable, it)| (*variable, it.url()));
    let numbers = NUMBERS.into_iter().zip(numbers.iter().cloned());
    let (shell, package) = (workspace.shell(), store.package);
    let cargo = ["test", "--package", package, "--all-features"];
    let test = format!("{}::{TEST}", store.module);
    // A filter that fits no test would be a success.
    let listed = cmd!(
        shell,
        "cargo {cargo...} --test store -- --exact {test} --list"
    );
    let has_test = listed.read()?.contains(&test);
    ensure!(has_test, "{package} has no test `{test}`");
    cmd!(
        shell,
        "cargo {cargo...} --test store -- --exact {test} --nocapture"
    )
    .envs(urls.chain(numbers))
    .run()?;
    Ok(())
}
