//! Redis, and Valkey, which is the same but for the name of the program.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use redis::{Client, Connection};

use crate::database::Database;
use crate::layout::Layout;
use crate::programs::{self, Missing};

/// A setting with which the server is a sentinel.
pub(crate) const SENTINEL: &str = "sentinel ";

/// A setting with which the server speaks TLS only.
const TLS: &str = "tls-cert-file ";

const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn program(database: Database) -> Result<PathBuf, Missing> {
    let (program, named) = match database {
        Database::Valkey => ("valkey-server", "`valkey-server`"),
        _ => ("redis-server", "`redis-server`"),
    };
    programs::find(&[program]).ok_or(Missing {
        database,
        programs: named,
    })
}

pub(crate) fn url(layout: &Layout) -> String {
    let Layout { port, password, .. } = layout;
    let scheme = if has(layout, TLS) { "rediss" } else { "redis" };
    format!("{scheme}://:{password}@127.0.0.1:{port}/")
}

/// Whether there is a setting that begins so.
fn has(layout: &Layout, beginning: &str) -> bool {
    let mut settings = layout.settings.iter();
    settings.any(|setting| setting.starts_with(beginning))
}

/// The program of another database would not start with this, so they never are mixed up.
pub(crate) fn initialise(layout: &Layout) -> anyhow::Result<()> {
    std::fs::create_dir(layout.data())?;
    layout.account.give(&layout.data())?;
    let Layout { password, .. } = layout;
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        format!("dir {}", layout.data().display()),
        format!("requirepass {password}"),
        format!("unixsocket {}", socket(layout).display()),
        "unixsocketperm 700".to_owned(),
        "maxclients 1000".to_owned(),
    ];
    if !has(layout, SENTINEL) {
        let durable = if layout.durable { "yes" } else { "no" };
        lines.push(format!("masterauth {password}"));
        lines.push("save \"\"".to_owned());
        lines.push(format!("appendonly {durable}"));
        lines.push("appendfsync always".to_owned());
        // Copies are made by the test's own processes, which it may kill at any time.
        lines.push("repl-diskless-sync-delay 0".to_owned());
    }
    // The last one counts.
    lines.extend(layout.settings.iter().cloned());
    layout.write_secret(CONFIGURATION, &(lines.join("\n") + "\n"))?;
    Ok(())
}

const CONFIGURATION: &str = "server.conf";

fn socket(layout: &Layout) -> PathBuf {
    layout.folder.join("socket")
}

pub(crate) fn command(layout: &Layout) -> anyhow::Result<Command> {
    let mut server = layout.command(&program(layout.database)?);
    server.arg(layout.folder.join(CONFIGURATION));
    let port = layout.port.to_string();
    match has(layout, TLS) {
        true => server.args(["--port", "0", "--tls-port", &port]),
        false => server.args(["--port", &port]),
    };
    if has(layout, SENTINEL) {
        server.arg("--sentinel");
    }
    Ok(server)
}

/// By the socket in its folder: whatever the server demands of clients that come by the network.
pub(crate) fn connection(layout: &Layout) -> anyhow::Result<Connection> {
    let Layout { password, .. } = layout;
    let url = format!("unix://{}?pass={password}", socket(layout).display());
    let connection = Client::open(url)?.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    Ok(connection)
}

/// Not before it has read what it had stored.
pub(crate) fn is_ready(layout: &Layout) -> bool {
    let answer = connection(layout).and_then(|mut connection| {
        let answer = redis::cmd("PING").query::<String>(&mut connection);
        answer.context("no answer")
    });
    answer.is_ok_and(|answer| answer == "PONG")
}
