use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::database::Database;

/// Programs that the system does not have.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) database: Database,
    pub(crate) programs: &'static str,
}

impl std::error::Error for Missing {}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { database, programs } = self;
        let packages = database.packages().join(" ");
        write!(
            f,
            "a {database} server is needed, and the programs {programs} are missing; on Debian they \
             come with `apt-get install --no-install-recommends {packages}`"
        )
    }
}

/// Where servers are besides the folders of `PATH`: those are often not among them.
const FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/usr/local/bin"];

pub(crate) fn search_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = FOLDERS.into_iter().map(PathBuf::from);
    std::env::split_paths(&path).chain(others).collect()
}

/// [`search_folders`] as a `PATH`.
pub(crate) fn search_path() -> OsString {
    std::env::join_paths(search_folders()).unwrap_or_default()
}

/// The first of these programs that is there.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let folders = search_folders();
    let mut paths = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    paths.find(|path| path.is_file())
}

/// `<folder>/<the highest number>/<last>`
pub(crate) fn newest_version(folder: impl AsRef<Path>, last: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(version)?;
    Some(newest.join(last))
}
