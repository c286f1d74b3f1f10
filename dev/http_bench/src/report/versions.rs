use anyhow::Context;

/// The packages of the two workspaces whose versions the page names.
const OURS: [&str; 4] = ["pavex", "pavex_session", "redis", "sqlx"];
const PEERS: [&str; 7] = [
    "axum",
    "tower-sessions",
    "tower-sessions-sqlx-store",
    "tower-sessions-redis-store",
    "fred",
    "actix-web",
    "actix-session",
];

/// Returns the names and versions of the libraries, as the servers were built.
pub(super) fn libraries() -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    let ours = include_str!("../../../../Cargo.lock");
    let peers = include_str!("../../peers/Cargo.lock");
    let ours = OURS.into_iter().map(|name| (name, ours));
    let peers = PEERS.into_iter().map(|name| (name, peers));
    let named = |(name, lock)| {
        let version = version_of(lock, name);
        Ok((
            name,
            version.with_context(|| format!("{name} is not locked"))?,
        ))
    };
    ours.chain(peers).map(named).collect()
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
