//! `cargo xtask servers`: releases of databases beside those of this system.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use test_servers::Release;
use xshell::cmd;

use crate::cache::Cache;
use crate::workspace::Workspace;

/// Fetches the named releases anew, or without names all that are missing. Then lists all.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> anyhow::Result<()> {
    let cache = Cache::open()?;
    let named: Vec<_> = names
        .iter()
        .map(|name| find(name))
        .collect::<Result<_, _>>()?;
    for release in &named {
        fetch(&cache, *release)?;
    }
    if named.is_empty() {
        for release in Release::ALL {
            ensure_fetched(&cache, release)?;
        }
    }
    list(workspace, &cache)
}

pub(crate) fn find(name: &str) -> anyhow::Result<Release> {
    let release = Release::ALL.into_iter().find(|it| it.name() == name);
    let names = || Release::ALL.map(|it| it.name()).join(", ");
    release.with_context(|| format!("the server `{name}` is not one of {}", names()))
}

/// Returns the folder of a release, and its version. Fetches what is missing or does not run.
pub(crate) fn ensure_fetched(cache: &Cache, release: Release) -> anyhow::Result<(PathBuf, String)> {
    let folder = folder(cache, release);
    let found = folder.exists().then(|| release.version(&folder));
    let version = match found {
        Some(Ok(version)) => version,
        Some(Err(error)) => {
            println!("{} in the cache does not run: {error:#}", release.name());
            fetch(cache, release)?
        }
        None => fetch(cache, release)?,
    };
    Ok((folder, version))
}

fn fetch(cache: &Cache, release: Release) -> anyhow::Result<String> {
    let _only_one_at_a_time = cache.lock()?;
    let start = Instant::now();
    println!("fetching {}", release.name());
    let mut version = String::new();
    cache.folder(&folder_name(release), |folder| {
        version = release.fetch(folder)?;
        Ok(())
    })?;
    println!(
        "fetched {} {version} in {:.0} s",
        release.product(),
        start.elapsed().as_secs_f64()
    );
    Ok(version)
}

fn list(workspace: &Workspace, cache: &Cache) -> anyhow::Result<()> {
    println!("in {}:", cache.path().display());
    for release in Release::ALL {
        let folder = folder(cache, release);
        let (product, name) = (release.product(), release.name());
        if folder.exists() {
            let version = release.version(&folder)?;
            let size = cmd!(
                workspace.shell(),
                "du --summarize --human-readable {folder}"
            );
            let size = size.quiet().read()?;
            let size = size.split_whitespace().next().unwrap_or_default();
            println!("  {name:14} {product} {version}, {size}");
        } else {
            println!("  {name:14} not fetched");
        }
    }
    Ok(())
}

fn folder(cache: &Cache, release: Release) -> PathBuf {
    cache.path().join(folder_name(release))
}

fn folder_name(release: Release) -> String {
    format!("server-{}", release.name())
}
