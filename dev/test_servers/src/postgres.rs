use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::database::Database;
use crate::layout::Layout;
use crate::programs::{self, Missing};

#[derive(Debug)]
pub(crate) struct Programs {
    initdb: PathBuf,
    postgres: PathBuf,
}

/// Both from one folder: those of two releases do not fit together.
pub(crate) fn programs() -> Result<Programs, Missing> {
    let debian = programs::newest_version("/usr/lib/postgresql", "bin");
    let mut folders = programs::search_folders().into_iter().chain(debian);
    folders
        .find_map(|folder| {
            let program = |name| Some(folder.join(name)).filter(|path| path.is_file());
            Some(Programs {
                initdb: program("initdb")?,
                postgres: program("postgres")?,
            })
        })
        .ok_or(Missing {
            database: Database::Postgres,
            programs: "`initdb` and `postgres`",
        })
}

pub(crate) fn url(layout: &Layout) -> String {
    let Layout { port, password, .. } = layout;
    format!("postgres://test:{password}@127.0.0.1:{port}/postgres")
}

pub(crate) fn initialise(layout: &Layout) -> anyhow::Result<()> {
    let password = layout.write_secret("password", &layout.password)?;
    let mut initdb = layout.command(&programs()?.initdb);
    initdb.arg("--pgdata").arg(layout.data());
    initdb.arg("--pwfile").arg(password);
    initdb.args(["--username=test", "--auth=password"]);
    initdb.args(["--encoding=UTF8", "--no-locale", "--no-sync"]);
    layout.prepare(&mut initdb)
}

pub(crate) fn command(layout: &Layout) -> anyhow::Result<Command> {
    let mut postgres = layout.command(&programs()?.postgres);
    postgres.arg("-D").arg(layout.data());
    let mut set = |name: &str, value: &str| {
        postgres.arg("-c").arg(format!("{name}={value}"));
    };
    set("listen_addresses", "127.0.0.1");
    set("port", &layout.port.to_string());
    set("unix_socket_directories", "");
    set("max_connections", "500");
    if !layout.durable {
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            set(name, "off");
        }
    }
    Ok(postgres)
}

/// Postgres keeps a file with its process id in the first line and its state in the last one.
pub(crate) fn is_ready(layout: &Layout, process: u32) -> bool {
    let status = fs::read_to_string(layout.data().join("postmaster.pid"));
    let status = status.unwrap_or_default();
    let first = status.lines().next().map(str::trim);
    let last = status.lines().last().map(str::trim);
    // The file of a server that was killed is still there.
    first == Some(&process.to_string()) && last == Some("ready")
}
