use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::account::is_root;
use crate::watchdog::Watchdog;

/// A small file system in memory. It is removed when the value is dropped, or when this process
/// ends.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
    keeper: Keeper,
}

/// A process that unmounts the disk when it is dropped, and removes the folder.
#[derive(Debug)]
enum Keeper {
    Watchdog { _watchdog: Watchdog },
    Holder { _holder: Holder },
}

impl SmallDisk {
    /// Mounts a disk of this size.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not allow this user to mount file systems.
    pub fn mount(mebibytes: u32) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("test-disk-").tempdir()?;
        let disk = match is_root() {
            true => Self::for_all(mebibytes, folder.path())?,
            false => Self::for_this_user(mebibytes, folder.path())?,
        };
        _ = folder.keep();
        Ok(disk)
    }

    fn for_all(mebibytes: u32, folder: &Path) -> anyhow::Result<Self> {
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=755")])
            .arg("test-disk")
            .arg(folder)
            .output()
            .context("cannot run `mount`")?;
        let message = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "cannot mount a small disk: {message}"
        );
        let watchdog = Watchdog::unmounting(folder)?;
        Ok(Self {
            path: folder.to_owned(),
            keeper: Keeper::Watchdog {
                _watchdog: watchdog,
            },
        })
    }

    fn for_this_user(mebibytes: u32, folder: &Path) -> anyhow::Result<Self> {
        let holder = Holder::start(mebibytes, folder)?;
        let root = PathBuf::from(format!("/proc/{}/root", holder.0.id()));
        Ok(Self {
            path: root.join(folder.strip_prefix("/")?),
            keeper: Keeper::Holder { _holder: holder },
        })
    }

    /// Returns `true` if [`path`](Self::path) contains no links.
    ///
    /// Without root, the disk belongs to the file systems of another process, and its path contains
    /// a link. A program that resolves links, as SQLite does, does not reach the disk.
    pub fn has_a_path_without_links(&self) -> bool {
        matches!(self.keeper, Keeper::Watchdog { .. })
    }

    /// The folder on which the disk is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes to a file until the disk is full.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be created.
    pub fn fill(&self) -> io::Result<()> {
        let mut file = fs::File::create(self.ballast())?;
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Ok(())
    }

    /// Makes room by cutting the file of [`fill`](Self::fill).
    ///
    /// A file that is removed keeps its place as long as a process has it open, such as a child of
    /// another test that has not yet begun its program.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be cut.
    pub fn make_room(&self) -> io::Result<()> {
        fs::write(self.ballast(), "")
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }
}

/// A process that may mount because it has file systems of its own. It runs until its input ends.
#[derive(Debug)]
struct Holder(Child);

const HOLD: &str = r#"
trap '' INT TERM HUP
mount -t tmpfs -o "size=$1m,mode=755" test-disk "$2" && echo mounted
read -r _
umount --lazy -- "$2" && rmdir -- "$2"
"#;

impl Holder {
    fn start(mebibytes: u32, folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--user", "--map-current-user", "--keep-caps"]);
        command.args(["sh", "-c", HOLD, "holder", &mebibytes.to_string()]);
        command.arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = Self(command.spawn().context("cannot run `unshare`")?);
        let mut line = String::new();
        if let Some(output) = holder.0.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        ensure!(
            line.trim() == "mounted",
            "cannot mount a small disk: run as root, or on a system that allows users to create \
             namespaces"
        );
        Ok(holder)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Closes the input of the process.
        _ = self.0.wait();
    }
}
