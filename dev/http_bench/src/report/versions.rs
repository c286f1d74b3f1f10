use anyhow::Context;

/// The packages of the two workspaces whose versions the page names.
const OURS: [&str; 4] = ["pavex", "pavex_session", "redis", "sqlx"];
const PEERS: [&str; 8] = [
    "axum",
    "tower-sessions",
    "tower-sessions-sqlx-store",
    "tower-sessions-redis-store",
    "fred",
    "actix-web",
    "actix-session",
    "redis",
];

const OUR_LOCK: &str = include_str!("../../../../Cargo.lock");
const PEERS_LOCK: &str = include_str!("../../peers/Cargo.lock");

/// Returns the names and versions of the libraries, as the servers were built.
pub(super) fn libraries() -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    let ours = OURS.into_iter().map(|name| (name, OUR_LOCK));
    let peers = PEERS.into_iter().map(|name| (name, PEERS_LOCK));
    let mut libraries = vec![];
    for (name, lock) in ours.chain(peers) {
        let version = version_of(lock, name);
        let version = version.with_context(|| format!("{name} is not locked"))?;
        let shown = match name {
            "redis" if lock == PEERS_LOCK => "redis of actix-session",
            name => name,
        };
        libraries.push((shown, version));
    }
    Ok(libraries)
}

/// Returns the first version of a package in a lock file of Cargo.
fn version_of<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_with_exactly_this_name() {
        let lock = "[[package]]\nname = \"axum-core\"\nversion = \"0.5.6\"\n\n\
                    [[package]]\nname = \"axum\"\nversion = \"0.8.9\"\n";
        assert_eq!(version_of(lock, "axum"), Some("0.8.9"));
        assert_eq!(version_of(lock, "tower"), None);
    }

    #[test]
    fn all_libraries_are_locked() {
        assert_eq!(libraries().unwrap().len(), OURS.len() + PEERS.len());
    }
}
