use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::account::is_root;
use crate::watchdog::Watchdog;

/// A file system in memory that is full soon. It is gone when the value is dropped, or this process
/// ends.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
    keeper: Keeper,
}

/// What unmounts the disk when it is dropped, and removes the folder.
#[derive(Debug)]
enum Keeper {
    Watchdog { _watchdog: Watchdog },
    Holder { _holder: Holder },
}

impl SmallDisk {
    /// Mounts a disk of that size.
    ///
    /// # Errors
    ///
    /// If the system lets this user mount nothing.
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
            "a disk that is full soon cannot be mounted: {message}"
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

    /// Whether links along [`path`](Self::path) may be followed. Without root they may not: the disk
    /// is in the file systems of another process, and SQLite, for one, would miss it.
    pub fn has_a_path_without_links(&self) -> bool {
        matches!(self.keeper, Keeper::Watchdog { .. })
    }

    /// Where the disk is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes to a file until the disk is full. To remove the file makes room.
    ///
    /// # Errors
    ///
    /// If the file cannot be created.
    pub fn fill(&self) -> anyhow::Result<PathBuf> {
        let path = self.path.join("ballast");
        let mut file = fs::File::create(&path)?;
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Ok(path)
    }
}

/// A process that may mount, because it has file systems of its own. It waits until its input ends.
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
        let mut said = String::new();
        if let Some(output) = holder.0.stdout.take() {
            BufReader::new(output).read_line(&mut said)?;
        }
        ensure!(
            said.trim() == "mounted",
            "a disk that is full soon cannot be mounted: this takes root, or a system that lets users \
             have namespaces"
        );
        Ok(holder)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Closes its input.
        _ = self.0.wait();
    }
}
