use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

/// The account that a server runs under: that of this process, unless it is root. Database servers
/// refuse to run as root.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    Ours,
    Other { user: u32, group: u32 },
}

impl Account {
    /// Chooses the first of the named accounts that the system has, if this process is root.
    pub(crate) fn for_servers(names: &[&str]) -> anyhow::Result<Self> {
        if !is_root() {
            return Ok(Self::Ours);
        }
        let other = names.iter().find_map(|name| {
            Some(Self::Other {
                user: id("-u", name)?,
                group: id("-g", name)?,
            })
        });
        other.with_context(|| format!("the system has none of the accounts {names:?}"))
    }

    /// Makes the account the owner of a file or folder.
    pub(crate) fn chown_to(self, path: &Path) -> anyhow::Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { user, group } => chown(path, Some(user), Some(group))
                .with_context(|| format!("cannot change the owner of {}", path.display())),
        }
    }

    /// The beginning of a command that changes to the account and its group.
    pub(crate) fn change(self) -> Vec<String> {
        match self {
            Self::Ours => vec![],
            Self::Other { user, group } => vec![
                "setpriv".to_owned(),
                format!("--reuid={user}"),
                format!("--regid={group}"),
                "--clear-groups".to_owned(),
            ],
        }
    }

    /// Makes the command run under the account and its group.
    pub(crate) fn run(self, command: &mut Command) {
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
    }
}

/// Returns `true` if this process runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok()?;
    let id = String::from_utf8(output.stdout).ok()?;
    id.trim().parse().ok()
}
