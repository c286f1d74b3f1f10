use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::context::ServerContext;
use crate::engine::Engine;
use crate::facts::{Facts, Missing};
use crate::programs::Programs;

#[derive(Debug)]
pub(crate) struct Postgres;

#[derive(Debug)]
struct Found {
    initdb: PathBuf,
    postgres: PathBuf,
    basebackup: PathBuf,
}

static FACTS: Facts = Facts {
    name: "Postgres",
    variable: "SESSION_TEST_POSTGRES_URL",
    programs_variable: "SESSION_TEST_POSTGRES_PROGRAMS",
    packages: &["postgresql"],
    accounts: &["postgres", "nobody"],
};

impl Engine for Postgres {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn program(&self, programs: &Programs) -> Result<PathBuf, Missing> {
        Ok(find_programs(programs)?.postgres)
    }

    fn url(&self, context: &ServerContext) -> String {
        let ServerContext { port, password, .. } = context;
        format!("postgres://test:{password}@127.0.0.1:{port}/postgres")
    }

    fn initialise(&self, context: &ServerContext) -> anyhow::Result<()> {
        match &context.primary {
            None => make_data(context),
            Some(primary) => copy_data(context, primary),
        }
    }

    fn command(&self, context: &ServerContext) -> anyhow::Result<Command> {
        let mut postgres = context.command(&find_programs(&context.programs)?.postgres);
        postgres.arg("-D").arg(context.data());
        let mut set = |name: &str, value: &str| {
            postgres.arg("-c").arg(format!("{name}={value}"));
        };
        set("listen_addresses", "127.0.0.1");
        set("port", &context.port.to_string());
        set("unix_socket_directories", &context.folder.to_string_lossy());
        set("max_connections", "500");
        if !context.durable {
            for name in ["fsync", "synchronous_commit", "full_page_writes"] {
                set(name, "off");
            }
        }
        for setting in &context.settings {
            postgres.arg("-c").arg(setting);
        }
        Ok(postgres)
    }

    /// Postgres keeps a file with its process id in the first line and its state in the last one.
    fn is_ready(&self, context: &ServerContext, process: u32) -> bool {
        let status = fs::read_to_string(context.data().join("postmaster.pid"));
        let status = status.unwrap_or_default();
        let first = status.lines().next().map(str::trim);
        let last = status.lines().last().map(str::trim);
        // A server that was killed has left its file.
        first == Some(&process.to_string()) && matches!(last, Some("ready" | "standby"))
    }
}

fn make_data(context: &ServerContext) -> anyhow::Result<()> {
    let password = context.write_secret("password", &context.password)?;
    let mut initdb = context.command(&find_programs(&context.programs)?.initdb);
    initdb.arg("--pgdata").arg(context.data());
    initdb.arg("--pwfile").arg(password);
    initdb.args(["--username=test", "--auth=password"]);
    initdb.args(["--encoding=UTF8", "--no-locale", "--no-sync"]);
    context.prepare(&mut initdb)
}

fn copy_data(context: &ServerContext, primary: &str) -> anyhow::Result<()> {
    let mut copy = context.command(&find_programs(&context.programs)?.basebackup);
    copy.arg("--pgdata").arg(context.data());
    copy.arg("--dbname").arg(primary);
    copy.args(["--write-recovery-conf", "--wal-method=stream"]);
    copy.args(["--checkpoint=fast", "--no-sync"]);
    context.prepare(&mut copy)
}

/// Finds all programs in one folder: those of two releases do not fit together.
fn find_programs(programs: &Programs) -> Result<Found, Missing> {
    let debian = programs.newest_version("/usr/lib/postgresql", "bin");
    let mut folders = programs.folders().into_iter().chain(debian);
    let found = folders.find_map(|folder| {
        let program = |name| Some(folder.join(name)).filter(|path| programs.has(path));
        Some(Found {
            initdb: program("initdb")?,
            postgres: program("postgres")?,
            basebackup: program("pg_basebackup")?,
        })
    });
    found.ok_or_else(|| programs.missing(&FACTS, &["initdb", "postgres", "pg_basebackup"]))
}
