use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::database::Database;
use crate::layout::Layout;
use crate::programs::{self, Missing};

#[derive(Debug)]
pub(crate) struct Programs {
    install: PathBuf,
    server: PathBuf,
}

pub(crate) fn programs() -> Result<Programs, Missing> {
    let programs = || {
        Some(Programs {
            install: programs::find(&["mariadb-install-db", "mysql_install_db"])?,
            server: programs::find(&["mariadbd", "mysqld"])?,
        })
    };
    programs().ok_or(Missing {
        database: Database::MariaDb,
        programs: "`mariadb-install-db` and `mariadbd`",
    })
}

pub(crate) fn url(layout: &Layout) -> String {
    let Layout { port, password, .. } = layout;
    format!("mysql://test:{password}@127.0.0.1:{port}/test")
}

pub(crate) fn initialise(layout: &Layout) -> anyhow::Result<()> {
    let mut install = layout.command(&programs()?.install);
    install.arg("--no-defaults");
    install.arg(format!("--datadir={}", layout.data().display()));
    install.arg(temporary_files(layout));
    install.args(["--skip-name-resolve", "--skip-test-db"]);
    // What is not on the disk when the server starts is lost with the machine only.
    install.arg("--innodb-flush-method=nosync");
    layout.prepare(&mut install)?;
    let password = &layout.password;
    // Each in one line: the server runs this line by line, at every start.
    let accounts = format!(
        "CREATE DATABASE IF NOT EXISTS test;\n\
         CREATE USER IF NOT EXISTS test@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO test@'127.0.0.1' WITH GRANT OPTION;\n"
    );
    layout.write_secret(ACCOUNTS, &accounts)?;
    Ok(())
}

/// A server that starts removes the temporary tables that it finds: those of others, in a folder that
/// they share.
fn temporary_files(layout: &Layout) -> String {
    format!("--tmpdir={}", layout.folder.display())
}

const ACCOUNTS: &str = "accounts.sql";

pub(crate) fn command(layout: &Layout) -> anyhow::Result<Command> {
    let mut server = layout.command(&programs()?.server);
    server.arg("--no-defaults");
    server.arg(temporary_files(layout));
    let mut set = |name: &str, value: &str| {
        server.arg(format!("--{name}={value}"));
    };
    set("datadir", &layout.data().display().to_string());
    set("init-file", &layout.folder.join(ACCOUNTS).to_string_lossy());
    set("bind-address", "127.0.0.1");
    set("port", &layout.port.to_string());
    // In the data folder
    set("socket", "socket");
    set("pid-file", "pid");
    set("skip-name-resolve", "1");
    set("max-connections", "500");
    if !layout.durable {
        set("innodb-flush-log-at-trx-commit", "0");
        set("innodb-flush-method", "nosync");
        set("innodb-doublewrite", "0");
    }
    Ok(server)
}

/// The server listens once it has recovered, and speaks first; to greet takes no account.
pub(crate) fn is_ready(layout: &Layout) -> bool {
    const PATIENCE: Duration = Duration::from_secs(1);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, layout.port));
    let greeting = || {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut header = [0; 5];
        stream.read_exact(&mut header)?;
        std::io::Result::Ok(header)
    };
    // After the length and the sequence number: the version of the protocol, or 255 for an error.
    greeting().is_ok_and(|header| header[4] == 10)
}
