//! PgBouncer, a pooler of connections in front of Postgres.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::context::ServerContext;
use crate::engine::{Engine, Facts, Missing};
use crate::programs;

#[derive(Debug)]
pub(crate) struct PgBouncer;

static FACTS: Facts = Facts {
    name: "PgBouncer",
    variable: "SESSION_TEST_PGBOUNCER_URL",
    packages: &["pgbouncer"],
    accounts: &["postgres", "nobody"],
    has_settings: true,
};

const PROGRAM: &str = "pgbouncer";
const CONFIGURATION: &str = "pgbouncer.ini";

impl Engine for PgBouncer {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn look_for_programs(&self) -> Result<(), Missing> {
        find_program().map(drop)
    }

    /// The pooler knows the password of the database, and asks its clients for none.
    fn url(&self, context: &ServerContext) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", context.port)
    }

    fn initialise(&self, _context: &ServerContext) -> anyhow::Result<()> {
        Ok(())
    }

    fn command(&self, context: &ServerContext) -> anyhow::Result<Command> {
        let configuration = context.write_secret(CONFIGURATION, &configuration(context))?;
        let mut command = context.command(&find_program()?);
        command.arg(configuration);
        Ok(command)
    }

    fn is_ready(&self, context: &ServerContext, _process: u32) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, context.port)).is_ok()
    }
}

/// Returns the setting for the database with this URL, which has a password and a port.
pub(crate) fn database(url: &str) -> anyhow::Result<String> {
    let parts = || {
        let (user, rest) = url.split_once("://")?.1.split_once(':')?;
        let (password, rest) = rest.split_once('@')?;
        let (host, rest) = rest.split_once(':')?;
        let (port, name) = rest.split_once('/')?;
        Some([user, password, host, port, name])
    };
    let [user, password, host, port, name] =
        parts().context("the URL is not `postgres://user:password@host:port/name`")?;
    Ok(format!(
        "* = host={host} port={port} user={user} password='{password}' dbname={name}"
    ))
}

/// Has few connections to the database, so that clients take turns on them. All other settings have
/// their defaults.
fn configuration(context: &ServerContext) -> String {
    format!(
        "[databases]\n{}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 3\n\
         max_client_conn = 1000\n",
        context.settings.join("\n"),
        context.port
    )
}

fn find_program() -> Result<PathBuf, Missing> {
    programs::find(&[PROGRAM]).ok_or(Missing {
        facts: &FACTS,
        programs: &[PROGRAM],
    })
}
