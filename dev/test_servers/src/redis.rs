//! Redis and Valkey, whose programs have different names and the same options.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use redis::{Client, Connection};

use crate::context::ServerContext;
use crate::engine::Engine;
use crate::facts::{Facts, Missing};
use crate::programs::Programs;

#[derive(Debug)]
pub(crate) struct Redis {
    facts: &'static Facts,
    programs: &'static [&'static str],
}

/// A setting that makes the server a sentinel.
const SENTINEL: &str = "sentinel ";

/// A setting that makes the server accept TLS only.
const TLS: &str = "tls-cert-file ";

/// The servers of releases: one of Valkey may be in the place of Redis.
const RELEASES: [&str; 2] = ["redis-server", "valkey-server"];

const CONFIGURATION: &str = "server.conf";
const PATIENCE: Duration = Duration::from_secs(5);

impl Redis {
    pub(crate) const REDIS: Self = Self {
        facts: &Facts {
            name: "Redis",
            variable: "SESSION_TEST_REDIS_URL",
            programs_variable: "SESSION_TEST_REDIS_PROGRAMS",
            packages: &["redis-server"],
            accounts: &["redis", "nobody"],
        },
        programs: &["redis-server"],
    };

    pub(crate) const VALKEY: Self = Self {
        facts: &Facts {
            name: "Valkey",
            variable: "SESSION_TEST_VALKEY_URL",
            programs_variable: "SESSION_TEST_VALKEY_PROGRAMS",
            packages: &["valkey-server"],
            accounts: &["valkey", "nobody"],
        },
        programs: &["valkey-server"],
    };
}

impl Engine for Redis {
    fn facts(&self) -> &'static Facts {
        self.facts
    }

    fn program(&self, programs: &Programs) -> Result<PathBuf, Missing> {
        let names = match programs.are_of_a_release() {
            true => &RELEASES,
            false => self.programs,
        };
        let found = programs.find(names);
        found.ok_or_else(|| programs.missing(self.facts, names))
    }

    fn url(&self, context: &ServerContext) -> String {
        let ServerContext { port, password, .. } = context;
        let is_encrypted = has_setting(context, TLS);
        let scheme = if is_encrypted { "rediss" } else { "redis" };
        format!("{scheme}://:{password}@127.0.0.1:{port}/")
    }

    fn initialise(&self, context: &ServerContext) -> anyhow::Result<()> {
        std::fs::create_dir(context.data())?;
        context.account.chown_to(&context.data())?;
        context.write_secret(CONFIGURATION, &configuration(context))?;
        Ok(())
    }

    fn command(&self, context: &ServerContext) -> anyhow::Result<Command> {
        let mut server = context.command(&self.program(&context.programs)?);
        server.arg(context.folder.join(CONFIGURATION));
        let port = context.port.to_string();
        match has_setting(context, TLS) {
            true => server.args(["--port", "0", "--tls-port", &port]),
            false => server.args(["--port", &port]),
        };
        if has_setting(context, SENTINEL) {
            server.arg("--sentinel");
        }
        Ok(server)
    }

    /// The server answers once it has read its data.
    fn is_ready(&self, context: &ServerContext, _process: u32) -> bool {
        let answer = connection(context).and_then(|mut connection| {
            let answer = redis::cmd("PING").query::<String>(&mut connection);
            answer.context("no answer")
        });
        answer.is_ok_and(|answer| answer == "PONG")
    }
}

/// Returns `true` if a setting begins with these characters.
fn has_setting(context: &ServerContext, beginning: &str) -> bool {
    let mut settings = context.settings.iter();
    settings.any(|setting| setting.starts_with(beginning))
}

fn configuration(context: &ServerContext) -> String {
    let ServerContext { password, .. } = context;
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        format!("dir {}", context.data().display()),
        format!("requirepass {password}"),
        format!("unixsocket {}", socket(context).display()),
        "unixsocketperm 700".to_owned(),
        "maxclients 1000".to_owned(),
    ];
    if !has_setting(context, SENTINEL) {
        let durable = if context.durable { "yes" } else { "no" };
        lines.push(format!("masterauth {password}"));
        lines.push("save \"\"".to_owned());
        lines.push(format!("appendonly {durable}"));
        lines.push("appendfsync always".to_owned());
        // Lets a replica start at once.
        lines.push("repl-diskless-sync-delay 0".to_owned());
    }
    // The last line of a setting overrides earlier ones.
    lines.extend(context.settings.iter().cloned());
    lines.join("\n") + "\n"
}

fn socket(context: &ServerContext) -> PathBuf {
    context.folder.join("socket")
}

/// Connects by the socket in the folder, which the requirements for network clients do not concern.
pub(crate) fn connection(context: &ServerContext) -> anyhow::Result<Connection> {
    let ServerContext { password, .. } = context;
    let url = format!("unix://{}?pass={password}", socket(context).display());
    let connection = Client::open(url)?.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    Ok(connection)
}
