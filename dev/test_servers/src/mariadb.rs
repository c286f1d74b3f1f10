use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::context::ServerContext;
use crate::engine::Engine;
use crate::facts::{Facts, Missing};
use crate::galera_node::{self, is_node};
use crate::programs::Programs;

/// MariaDB, or a release of MySQL in its place.
#[derive(Debug)]
pub(crate) struct MariaDb;

#[derive(Debug)]
enum Found {
    MariaDb {
        install: PathBuf,
        server: PathBuf,
    },
    /// The server fills the data folder by itself.
    MySql {
        server: PathBuf,
    },
}

static FACTS: Facts = Facts {
    name: "MariaDB",
    variable: "SESSION_TEST_MYSQL_URL",
    programs_variable: "SESSION_TEST_MYSQL_PROGRAMS",
    // These come without a service and a data folder. The installation script calls programs of the
    // client.
    packages: &["mariadb-server-core", "mariadb-client-core"],
    accounts: &["mysql", "nobody"],
};

const ACCOUNTS: &str = "accounts.sql";

impl Engine for MariaDb {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn program(&self, programs: &Programs) -> Result<PathBuf, Missing> {
        let (Found::MariaDb { server, .. } | Found::MySql { server }) = find_programs(programs)?;
        Ok(server)
    }

    fn url(&self, context: &ServerContext) -> String {
        let ServerContext { port, password, .. } = context;
        format!("mysql://test:{password}@127.0.0.1:{port}/test")
    }

    fn initialise(&self, context: &ServerContext) -> anyhow::Result<()> {
        let found = find_programs(&context.programs)?;
        let (program, options): (_, &[_]) = match &found {
            Found::MariaDb { install, .. } => (install, &["--skip-name-resolve", "--skip-test-db"]),
            Found::MySql { server } => (server, &["--initialize-insecure"]),
        };
        let mut install = context.command(program);
        install.arg("--no-defaults");
        install.arg(format!("--datadir={}", context.data().display()));
        install.arg(temporary_files(context));
        // Only a crash of the machine loses files that are not yet on the disk.
        install.arg("--innodb-flush-method=nosync");
        context.prepare(install.args(options))?;
        context.write_secret(ACCOUNTS, &accounts(context))?;
        if is_node(&context.settings) {
            let state = galera_node::state(&context.settings);
            context.write_secret(&format!("data/{}", galera_node::STATE), &state)?;
        }
        Ok(())
    }

    fn command(&self, context: &ServerContext) -> anyhow::Result<Command> {
        let found = find_programs(&context.programs)?;
        let (Found::MariaDb { server, .. } | Found::MySql { server }) = &found;
        let mut server = context.command(server);
        server.arg("--no-defaults");
        if let Found::MySql { .. } = found {
            // It would listen on a port and a socket that all servers share, and require a folder
            // outside of its own.
            server.args(["--mysqlx=OFF", "--secure-file-priv=NULL"]);
        }
        server.arg(temporary_files(context));
        let mut set = |name: &str, value: &str| {
            server.arg(format!("--{name}={value}"));
        };
        set("datadir", &context.data().to_string_lossy());
        set(
            "init-file",
            &context.folder.join(ACCOUNTS).to_string_lossy(),
        );
        set("bind-address", "127.0.0.1");
        set("port", &context.port.to_string());
        set("socket", &context.folder.join("socket").to_string_lossy());
        // In the data folder
        set("pid-file", "pid");
        set("skip-name-resolve", "1");
        set("max-connections", "500");
        if !context.durable {
            set("innodb-flush-log-at-trx-commit", "0");
            set("innodb-flush-method", "nosync");
            set("innodb-doublewrite", "0");
            // MySQL has a log for replicas by default, with a write to the disk for each commit.
            server.arg("--skip-log-bin");
        }
        for setting in &context.settings {
            server.arg(format!("--{setting}"));
        }
        Ok(server)
    }

    /// The server listens once it has recovered, and sends a greeting before the client logs in.
    fn is_ready(&self, context: &ServerContext, _process: u32) -> bool {
        // The length and the sequence number precede the version of the protocol, or 255 for an
        // error.
        greeting(context.port).is_ok_and(|header| header[4] == 10)
    }
}

fn find_programs(programs: &Programs) -> Result<Found, Missing> {
    let found = || {
        let server = programs.find(&["mariadbd", "mysqld"])?;
        let install = programs.find(&["mariadb-install-db", "mysql_install_db"]);
        Some(match install {
            Some(install) => Found::MariaDb { install, server },
            None if programs.are_of_a_release() && server.ends_with("mysqld") => {
                Found::MySql { server }
            }
            None => return None,
        })
    };
    found().ok_or_else(|| programs.missing(&FACTS, &["mariadb-install-db", "mariadbd"]))
}

/// A server that starts removes all temporary tables in this folder, so no two servers may share
/// it.
fn temporary_files(context: &ServerContext) -> String {
    format!("--tmpdir={}", context.folder.display())
}

/// Returns statements of one line each: the server runs the file line by line, at every start.
fn accounts(context: &ServerContext) -> String {
    let password = &context.password;
    // Each node of a cluster runs the file itself, before it has joined the others.
    let alone = match is_node(&context.settings) {
        true => "SET wsrep_on = 0;\n",
        false => "",
    };
    format!(
        "{alone}\
         CREATE DATABASE IF NOT EXISTS test;\n\
         CREATE USER IF NOT EXISTS \
           test@'127.0.0.1' IDENTIFIED BY '{password}', \
           test@localhost IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO test@'127.0.0.1', test@localhost WITH GRANT OPTION;\n"
    )
}

fn greeting(port: u16) -> io::Result<[u8; 5]> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut header = [0; 5];
    stream.read_exact(&mut header)?;
    Ok(header)
}
