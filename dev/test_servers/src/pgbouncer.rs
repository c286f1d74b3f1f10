//! PgBouncer, a pooler of connections in front of Postgres.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::context::ServerContext;
use crate::engine::Engine;
use crate::facts::{Facts, Missing};
use crate::programs::Programs;

#[derive(Debug)]
pub(crate) struct PgBouncer;

static FACTS: Facts = Facts {
    name: "PgBouncer",
    variable: "SESSION_TEST_PGBOUNCER_URL",
    programs_variable: "SESSION_TEST_PGBOUNCER_PROGRAMS",
    packages: &["pgbouncer"],
    accounts: &["postgres", "nobody"],
};

const PROGRAM: &str = "pgbouncer";
const CONFIGURATION: &str = "pgbouncer.ini";

impl Engine for PgBouncer {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn program(&self, programs: &Programs) -> Result<PathBuf, Missing> {
        let found = programs.find(&[PROGRAM]);
        found.ok_or_else(|| programs.missing(&FACTS, &[PROGRAM]))
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
        let mut command = context.command(&self.program(&context.programs)?);
        command.arg(configuration);
        Ok(command)
    }

    fn is_ready(&self, context: &ServerContext, _process: u32) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, context.port)).is_ok()
    }
}

/// Returns the setting for the database with this URL. The password and the port may be missing.
pub(crate) fn database(url: &str) -> anyhow::Result<String> {
    let parts = || {
        let (account, address) = url.split_once("://")?.1.split_once('@')?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        let (server, name) = address.split_once('/')?;
        let (host, port) = server.split_once(':').unwrap_or((server, "5432"));
        Some([user, password, host, port, name])
    };
    let [user, password, host, port, name] =
        parts().context("the URL is not `postgres://user:password@host:port/name`")?;
    let password = match password {
        "" => String::new(),
        password => format!("password='{password}' "),
    };
    Ok(format!(
        "* = host={host} port={port} user={user} {password}dbname={name}"
    ))
}

/// Has few connections to the database, so that clients take turns on them. All other settings have
/// their defaults, unless they follow the database in those of the context.
fn configuration(context: &ServerContext) -> String {
    let (database, settings) = context.settings.split_at(1.min(context.settings.len()));
    format!(
        "[databases]\n{}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 3\n\
         max_client_conn = 1000\n\
         {}\n",
        database.concat(),
        context.port,
        settings.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_a_setting_of_the_pooler() {
        for (url, setting) in [
            (
                "postgres://ann:secret@localhost:6000/app",
                "* = host=localhost port=6000 user=ann password='secret' dbname=app",
            ),
            (
                "postgres://ann@localhost/app",
                "* = host=localhost port=5432 user=ann dbname=app",
            ),
        ] {
            assert_eq!(database(url).unwrap(), setting);
        }
        assert!(database("postgres://localhost").is_err());
    }
}
