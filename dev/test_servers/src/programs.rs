use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Folders that contain servers, and that `PATH` often lacks.
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

/// Finds the first of these programs that the system has.
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
