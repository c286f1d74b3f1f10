use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// The server as a separate process.
#[derive(Debug)]
pub(crate) struct ShopProcess {
    pub(crate) address: SocketAddr,
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: tokio::task::JoinHandle<String>,
}

/// The exit code and the output of a server that has ended.
#[derive(Debug)]
pub(crate) struct Remains {
    pub(crate) exit_code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) log: String,
}

/// The default of the tests, so that they write nothing to the disk.
const IN_MEMORY: (&str, &str) = ("PX_DATABASE__URL", "memory:");

/// Returns the command for a server with exactly that environment.
fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl ShopProcess {
    /// Starts a server on a free port and waits until it is open.
    pub(crate) async fn start(environment: &[(&str, &str)]) -> Self {
        Self::spawn(command(&[&[IN_MEMORY], environment].concat())).await
    }

    /// Starts a server in that working directory, without any environment.
    pub(crate) async fn start_in(folder: &Path) -> Self {
        let mut command = command(&[]);
        command.current_dir(folder);
        Self::spawn(command).await
    }

    async fn spawn(mut command: Command) -> Self {
        let mut child = command.env("PX_SERVER__PORT", "0").spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            stderr.read_to_string(&mut log).await.unwrap();
            log
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        let Some((_, address)) = line.split_once("http://") else {
            panic!("{line:?} has no address; the log: {}", log.await.unwrap());
        };
        Self {
            address: address.trim_end().parse().unwrap(),
            child,
            stdout,
            log,
        }
    }

    /// Sends SIGTERM, as service managers do, and waits for the end.
    pub(crate) async fn terminate(mut self) -> Remains {
        let id = self.child.id().unwrap().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args(["-TERM", &id]).status().await.unwrap();
        assert!(sent.success());
        let status = self.child.wait().await.unwrap();
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).await.unwrap();
        Remains {
            exit_code: status.code(),
            stdout,
            log: self.log.await.unwrap(),
        }
    }

    /// Runs a server that is expected to refuse to start.
    pub(crate) async fn refused(environment: &[(&str, &str)]) -> Remains {
        let environment = [&[IN_MEMORY], environment].concat();
        let output = command(&environment).output().await.unwrap();
        Remains {
            exit_code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            log: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
