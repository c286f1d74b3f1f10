//! The programs of a database: those of the system, or those of another release of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use crate::account::{Account, is_root};
use crate::facts::{Facts, Missing};

/// The place of the programs of a database.
///
/// The programs of another release are in a folder that takes the place of `/usr` for the server,
/// and for nobody else. All other folders are those of the system.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    usr: Option<PathBuf>,
}

/// The folder that another one can replace.
const USR: &str = "/usr";

/// Folders that contain servers, and that `PATH` often lacks.
const FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/usr/local/bin"];

/// The folders of another release.
const FOLDERS_OF_A_RELEASE: [&str; 2] = ["/usr/sbin", "/usr/bin"];

/// Runs the rest of the arguments with the first one in the place of `/usr`.
const REPLACE: &str = r#"mount --bind "$1" /usr && shift && exec "$@""#;

impl Programs {
    /// Those that the environment chooses for the database.
    pub(crate) fn of(facts: &Facts) -> Self {
        Self {
            usr: std::env::var_os(facts.programs_variable).map(usr),
        }
    }

    /// Those of a release that was unpacked into this folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            usr: Some(usr(folder)),
        }
    }

    pub(crate) fn are_of_a_release(&self) -> bool {
        self.usr.is_some()
    }

    /// Returns an error if this process cannot run programs of another release.
    pub(crate) fn ensure_usable(&self) -> anyhow::Result<()> {
        let Some(usr) = &self.usr else {
            return Ok(());
        };
        let usr = usr.display();
        ensure!(
            is_root(),
            "only root can run the database server in `{usr}`: it replaces `{USR}` for the server"
        );
        ensure!(
            Path::new("/lib").is_symlink() && Path::new("/bin").is_symlink(),
            "the database server in `{usr}` requires a system with `/lib` and `/bin` in `{USR}`"
        );
        Ok(())
    }

    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        match self.usr {
            None => search_folders(),
            Some(_) => FOLDERS_OF_A_RELEASE.map(PathBuf::from).into(),
        }
    }

    /// Finds the first of these programs that is there.
    pub(crate) fn find(&self, names: &[&str]) -> Option<PathBuf> {
        let folders = self.folders();
        let mut paths = names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        paths.find(|path| self.has(path))
    }

    /// Returns `true` if the server finds a file with this path.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.outside(path).is_file()
    }

    /// `<folder>/<the highest number>/<last>`
    pub(crate) fn newest_version(&self, folder: &str, last: &str) -> Option<PathBuf> {
        let folder = Path::new(folder);
        let versions = std::fs::read_dir(self.outside(folder)).ok()?;
        let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
        let names = versions.filter_map(Result::ok).filter_map(name);
        let newest = names.max_by_key(|name| name.parse::<u32>().ok())?;
        Some(folder.join(newest).join(last))
    }

    /// Returns a command that runs the program under the account.
    pub(crate) fn command(&self, program: &Path, account: Account) -> Command {
        let Some(usr) = &self.usr else {
            let mut command = Command::new(program);
            account.run(&mut command);
            return command;
        };
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", REPLACE, "sh"]);
        // The account has no right to mount, so the program that changes it comes after that.
        command.arg(usr).args(account.change()).arg(program);
        command
    }

    pub(crate) fn missing(&self, facts: &'static Facts, programs: &'static [&str]) -> Missing {
        Missing {
            facts,
            programs,
            usr: self.usr.clone(),
        }
    }

    /// The path of a file for those who see the `/usr` of the system.
    fn outside(&self, path: &Path) -> PathBuf {
        match (&self.usr, path.strip_prefix(USR)) {
            (Some(usr), Ok(rest)) => usr.join(rest),
            _ => path.to_owned(),
        }
    }
}

/// The part of an unpacked release that takes the place of `/usr`.
pub(crate) fn usr(folder: impl AsRef<Path>) -> PathBuf {
    folder.as_ref().join("usr")
}

pub(crate) fn search_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = FOLDERS.into_iter().map(PathBuf::from);
    std::env::split_paths(&path).chain(others).collect()
}

/// [`search_folders`] as a `PATH`.
pub(crate) fn search_path() -> OsString {
    std::env::join_paths(search_folders()).unwrap_or_default()
}

/// Finds the first of these programs that the system has.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    Programs { usr: None }.find(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_a_release_are_found_under_their_paths_in_the_system() {
        let folder = tempfile::tempdir().unwrap();
        for (path, name) in [("usr/bin", "postgres"), ("usr/lib/postgresql/9", "bin")] {
            std::fs::create_dir_all(folder.path().join(path)).unwrap();
            std::fs::write(folder.path().join(path).join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("usr/lib/postgresql/18")).unwrap();
        let programs = Programs::at(folder.path());
        assert_eq!(
            programs.find(&["postgres"]),
            Some("/usr/bin/postgres".into())
        );
        assert_eq!(programs.find(&["redis-server"]), None);
        let newest = programs.newest_version("/usr/lib/postgresql", "bin");
        assert_eq!(newest, Some("/usr/lib/postgresql/18/bin".into()));
    }
}
