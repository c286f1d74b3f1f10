use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// A process that cleans up when this value is dropped, or when our process ends without dropping
/// it.
///
/// The watchdog waits until our end of a pipe is closed. The system closes it whatever ends our
/// process.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

/// Reads the ids of server processes, one a line. The last line is the server to end; an empty one
/// means that no server runs.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
while read -r id; do server=$id; done
if [ -n "$server" ]; then
    children=$(cat "/proc/$server/task/$server/children" 2>/dev/null)
    kill -KILL "$server" $children 2>/dev/null
    sleep 0.2
fi
"#;

const REMOVE: &str = r#"rm -rf -- "$1""#;
const UNMOUNT: &str = r#"umount --lazy -- "$1" && rmdir -- "$1""#;

impl Watchdog {
    /// Starts a watchdog that ends the [watched](Self::watch) server and removes the folder.
    pub(crate) fn removing(folder: &Path) -> anyhow::Result<Self> {
        Self::start(REMOVE, folder)
    }

    /// Starts a watchdog that unmounts a file system and removes the folder below it.
    pub(crate) fn unmounting(folder: &Path) -> anyhow::Result<Self> {
        Self::start(UNMOUNT, folder)
    }

    fn start(last: &str, folder: &Path) -> anyhow::Result<Self> {
        let child = Command::new("sh")
            .args(["-c", &format!("{SCRIPT}{last}"), "watchdog"])
            .arg(folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.map(Self).context("cannot run `sh`")
    }

    /// Makes the watchdog end the server with this process id.
    pub(crate) fn watch(&mut self, server: u32) -> io::Result<()> {
        self.send(&server.to_string())
    }

    /// Makes the watchdog end no server.
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        self.send("")
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(pipe) => pipe.write_all(format!("{line}\n").as_bytes()),
            None => Ok(()),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Closes the pipe, and waits until the watchdog has cleaned up.
        _ = self.0.wait();
    }
}
