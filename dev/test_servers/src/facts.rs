use std::fmt;
use std::path::PathBuf;

/// The names that a database has on a system.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The name of the database, for people.
    pub(crate) name: &'static str,
    /// The environment variable with the URL of a server that tests are to use.
    pub(crate) variable: &'static str,
    /// The environment variable with the folder of a release that servers of tests are to be of.
    pub(crate) programs_variable: &'static str,
    /// Debian's packages with the programs.
    pub(crate) packages: &'static [&'static str],
    /// The accounts of the system that fit, the best one first.
    pub(crate) accounts: &'static [&'static str],
}

/// An error: the system lacks programs, or a folder with another release does.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) facts: &'static Facts,
    pub(crate) programs: &'static [&'static str],
    /// The folder with the other release.
    pub(crate) usr: Option<PathBuf>,
}

impl std::error::Error for Missing {}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts { name, packages, .. } = self.facts;
        let programs = self.programs.join("` or `");
        match &self.usr {
            None => write!(
                f,
                "a program of {name} is missing: `{programs}`; on Debian, install it by \
                 `apt-get install --no-install-recommends {}`",
                packages.join(" ")
            ),
            Some(usr) => write!(
                f,
                "a program of {name} is missing in `{}`: `{programs}`; the folder is named by {}",
                usr.display(),
                self.facts.programs_variable
            ),
        }
    }
}
