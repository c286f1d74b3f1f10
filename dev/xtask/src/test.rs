//! `cargo xtask test`: the tests that do not require the Pavex compiler.
//!
//! It starts the database servers that they use.

use std::env;

use anyhow::Context;
use test_servers::{
    Database, Server, Setup, ensure_chromium_installed, ensure_galera_installed, ensure_installed,
    is_root,
};
use xshell::cmd;

use crate::schedules;
use crate::workspace::Workspace;

/// The member whose tests run pavexc.
pub(crate) const COMPILER_TESTS: &str = "compiler_tests";

/// The member whose tests use database servers, unless its features leave them out.
pub(crate) const SQL_STORES: &str = "session_sqlx";

/// The feature of [`SQL_STORES`] that needs no server.
const EMBEDDED: &str = "sqlite";

/// The member whose integration tests all use servers.
pub(crate) const REDIS_STORE: &str = "session_redis";

/// The member whose tests need optimised code.
const SCHEDULES: &str = schedules::PACKAGE;

/// In the other members, the modules of tests that use servers or a browser.
const ON_PROGRAMS: [&str; 4] = [
    "::on_postgres::",
    "::on_mysql::",
    "::on_redis::",
    "::on_chromium::",
];

/// The modules of tests that are left out where Valkey cannot be installed.
const ON_VALKEY: &str = "valkey::";

/// The member that starts the servers.
pub(crate) const SERVERS: &str = "test_servers";

/// The packages and features of most tests. Cargo would build dependencies anew for other ones.
pub(crate) const SELECTION: [&str; 6] = [
    "--workspace",
    "--exclude",
    COMPILER_TESTS,
    "--exclude",
    SCHEDULES,
    "--all-features",
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scope {
    /// Unit tests, integration tests and doctests of every member but [`COMPILER_TESTS`].
    All,
    /// Those of them that need no server and no browser.
    Embedded,
}

pub(crate) fn run(workspace: &Workspace, scope: Scope) -> anyhow::Result<()> {
    match scope {
        Scope::All => run_all(workspace),
        Scope::Embedded => run_embedded(workspace),
    }
}

pub(crate) fn run_all(workspace: &Workspace) -> anyhow::Result<()> {
    let (databases, missing) = installed()?;
    ensure_chromium_installed()?;
    ensure_galera_installed()?;
    let servers = missing_servers(databases.iter().copied())?;
    let urls = servers.iter().map(|(variable, it)| (variable, it.url()));
    let skip = missing.iter().flat_map(|_| ["--skip", ON_VALKEY]);
    // Not `--all-targets`: that leaves out the doctests.
    cmd!(workspace.shell(), "cargo test {SELECTION...} -- {skip...}")
        .envs(urls)
        .run()?;
    schedules::test(workspace)?;
    // What is refused where the feature `tls` is off.
    cmd!(
        workspace.shell(),
        "cargo test --package {REDIS_STORE} --test store -- configuration::"
    )
    .run()?;
    if !missing.is_empty() {
        println!(
            "left out, because this system does not have it: all tests on {}",
            Database::Valkey
        );
    }
    if !is_root() {
        println!(
            "left out, because it needs root: SQLite on a full disk; a full file stands for it"
        );
    }
    Ok(())
}

/// Installs databases. Returns those that are installed, and the optional ones that cannot be.
fn installed() -> anyhow::Result<(Vec<Database>, Vec<Database>)> {
    let mut databases = (vec![], vec![]);
    for database in Database::ALL {
        // The tests of faults start servers of their own, which they kill.
        match ensure_installed(database) {
            Ok(()) => databases.0.push(database),
            Err(_) if database.is_optional() => databases.1.push(database),
            Err(error) => return Err(error),
        }
    }
    Ok(databases)
}

/// Starts a server for each variable that is not set; they run until they are dropped.
pub(crate) fn missing_servers(
    databases: impl IntoIterator<Item = Database>,
) -> anyhow::Result<Vec<(&'static str, Server)>> {
    let mut servers = vec![];
    for database in databases {
        if env::var_os(database.variable()).is_none() {
            let server = start(database, &servers);
            let server = server.with_context(|| format!("cannot start {database}"))?;
            servers.push((database.variable(), server));
        }
    }
    Ok(servers)
}

/// Starts a server. A pooler is in front of one that runs.
fn start(database: Database, servers: &[(&str, Server)]) -> anyhow::Result<Server> {
    if database != Database::PgBouncer {
        return Setup::of(database).without_durability().start();
    }
    let postgres = Database::Postgres.variable();
    let started = servers.iter().find(|(variable, _)| *variable == postgres);
    let url = match started {
        Some((_, server)) => server.url(),
        None => env::var(postgres)?,
    };
    Setup::pooler(&url)?.start()
}

fn run_embedded(workspace: &Workspace) -> anyhow::Result<()> {
    let shell = workspace.shell();
    let skip = ON_PROGRAMS.iter().flat_map(|module| ["--skip", module]);
    cmd!(
        shell,
        "cargo test --workspace --all-features
         --exclude {COMPILER_TESTS} --exclude {SCHEDULES}
         --exclude {SQL_STORES} --exclude {REDIS_STORE} --exclude {SERVERS} -- {skip...}"
    )
    .run()?;
    schedules::test(workspace)?;
    for store in [SQL_STORES, REDIS_STORE] {
        cmd!(shell, "cargo test --package {store} --all-features --lib").run()?;
    }
    cmd!(
        shell,
        "cargo test --package {REDIS_STORE} --all-features --doc"
    )
    .run()?;
    cmd!(
        shell,
        "cargo test --package {SQL_STORES} --features {EMBEDDED}"
    )
    .run()?;
    let databases = Database::ALL
        .map(|database| database.to_string())
        .join(", ");
    println!(
        "left out, because they need a server: all tests on {databases}, and those of {SERVERS}"
    );
    println!("left out, because they need a browser: all tests on Chromium");
    Ok(())
}
