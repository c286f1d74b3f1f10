//! The folder that keeps pavexc, its toolchain and other tools between runs.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;

#[derive(Debug)]
pub(crate) struct Cache {
    path: PathBuf,
}

impl Cache {
    /// `$PAVEXC_CACHE`, or `~/.cache/pavexc`.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let path = match std::env::var_os("PAVEXC_CACHE") {
            Some(path) => PathBuf::from(path),
            None => std::env::home_dir()
                .context(
                    "there is no home directory: set PAVEXC_CACHE to the folder that keeps the tools",
                )?
                .join(".cache/pavexc"),
        };
        Self::at(&path)
    }

    fn at(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until no other run changes the cache; it is ours until the file is dropped.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let lock = File::create(self.path.join("lock"))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            eprintln!("waiting for another run that installs tools");
        } else {
            return Ok(lock);
        }
        lock.lock()?;
        Ok(lock)
    }

    /// Makes the folder `name` through `fill`.
    ///
    /// Whenever the run is interrupted, the folder is there complete or not at all.
    pub(crate) fn folder(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let (folder, partial) = (self.path.join(name), self.partial(name));
        remove_if_there(&partial)?;
        fs::create_dir(&partial)?;
        fill(&partial)?;
        remove_if_there(&folder)?;
        fs::rename(&partial, &folder)?;
        Ok(folder)
    }

    /// Where something grows that is not complete.
    pub(crate) fn partial(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.partial"))
    }
}

/// Removes a folder with all that is in it.
pub(crate) fn remove_if_there(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cache(test: impl FnOnce(&Cache)) {
        let shell = xshell::Shell::new().expect("a shell");
        let directory = shell.create_temp_dir().expect("a directory");
        test(&Cache::at(directory.path()).expect("a cache"));
    }

    #[test]
    fn a_folder_that_could_not_be_filled_is_not_there() {
        with_cache(|cache| {
            let outcome = cache.folder("docs", |folder| {
                fs::write(folder.join("half"), "")?;
                anyhow::bail!("interrupted")
            });
            assert!(outcome.is_err());
            assert!(!cache.path().join("docs").exists());
        });
    }

    #[test]
    fn a_folder_replaces_all_that_an_interrupted_run_left() {
        with_cache(|cache| {
            for left in ["docs", "docs.partial"] {
                fs::create_dir(cache.path().join(left)).expect("a folder");
                fs::write(cache.path().join(left).join("half"), "").expect("a file");
            }
            let folder = cache
                .folder("docs", |folder| Ok(fs::write(folder.join("whole"), "")?))
                .expect("a folder");
            let names: Vec<_> = fs::read_dir(folder)
                .expect("its entries")
                .map(|entry| entry.expect("an entry").file_name())
                .collect();
            assert_eq!(names, ["whole"]);
            assert!(!cache.partial("docs").exists());
        });
    }
}
