//! The check of the servers when a store connects.

use redis::cmd;
use session::store::{StoreError, StoreErrorKind};

use crate::topology::Topology;
use crate::topology::server::Server;

/// The oldest release with all commands: `SET … PXAT` and `ZADD … GT`.
const OLDEST: (u32, u32) = (6, 2);

/// Asks each server with records for its settings, and warns of those that lose sessions.
///
/// # Errors
///
/// Returns an error if a server cannot be reached, is too old, or accepts no writes.
pub(crate) async fn check(topology: &Topology) -> Result<(), StoreError> {
    // The first command, so its error is that of a server that is down or gives no access.
    topology.query_masters::<String>(&cmd("PING")).await?;
    match topology.query_masters::<String>(&cmd("INFO")).await {
        Ok(servers) => {
            for (server, info) in servers {
                check_server(topology, &server, &Info(&info)).await?;
            }
        }
        Err(error) => tracing::debug!(
            %error,
            "the server does not permit `INFO`: its version and its settings are not checked"
        ),
    }
    Ok(())
}

async fn check_server(
    topology: &Topology,
    server: &Server,
    info: &Info<'_>,
) -> Result<(), StoreError> {
    check_version(info)?;
    // A replica in a cluster redirects commands to its master.
    if !topology.is_cluster() {
        check_role(info)?;
    }
    check_eviction(server, info);
    check_persistence(topology, server, info).await;
    Ok(())
}

/// Warns if a server deletes sessions to make room for others.
fn check_eviction(server: &Server, info: &Info<'_>) {
    let policy = info.get("maxmemory_policy").unwrap_or("noeviction");
    if policy != "noeviction" {
        tracing::warn!(
            %server,
            "`maxmemory-policy` is `{policy}`: when the memory is full, Redis deletes sessions \
             before their deadline, which logs users out. Set `maxmemory-policy noeviction`"
        );
    }
}

/// Warns if a server has no append-only file and saves no snapshots.
async fn check_persistence(topology: &Topology, server: &Server, info: &Info<'_>) {
    if info.get("aof_enabled") == Some("0") {
        check_snapshots(topology, server).await;
    }
}

async fn check_snapshots(topology: &Topology, server: &Server) {
    let mut get = cmd("CONFIG");
    get.arg("GET").arg("save");
    match topology.query_at::<Vec<String>>(server, &get).await {
        Ok(answer) if answer.get(1).is_none_or(String::is_empty) => tracing::warn!(
            %server,
            "persistence is off (`appendonly no`, `save \"\"`): all sessions are lost when Redis \
             ends. Set `appendonly yes`"
        ),
        Ok(_) => {}
        Err(error) => tracing::debug!(
            %server,
            %error,
            "there is no append-only file, and the server does not permit `CONFIG GET save`: \
             snapshots are not checked"
        ),
    }
}

fn check_version(info: &Info<'_>) -> Result<(), StoreError> {
    let version = info.get("redis_version").unwrap_or_default();
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) < OLDEST => {
            let version = version.to_owned();
            Err(StoreError::new(StoreErrorKind::Other, TooOld { version }))
        }
        _ => Ok(()),
    }
}

fn check_role(info: &Info<'_>) -> Result<(), StoreError> {
    let is_replica = info.get("role") == Some("slave");
    match is_replica && info.get("slave_read_only") == Some("1") {
        true => Err(StoreError::new(
            StoreErrorKind::Unavailable,
            ReadOnlyReplica,
        )),
        false => Ok(()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the server is Redis {version}, which lacks commands: install version 6.2 or later")]
struct TooOld {
    version: String,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the server is a read-only replica, which refuses each write: configure the URL of its master, or \
     sentinels that find the master"
)]
struct ReadOnlyReplica;

/// The answer of `INFO`: lines of `name:value`.
struct Info<'a>(&'a str);

impl<'a> Info<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_older_than_6_2_is_refused() {
        for (version, is_accepted) in [
            ("6.0.16", false),
            ("6.2.0", true),
            ("7.0.15", true),
            ("10.1", true),
        ] {
            let info = format!("# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n");
            assert_eq!(
                check_version(&Info(&info)).is_ok(),
                is_accepted,
                "{version}"
            );
        }
        assert!(check_version(&Info("")).is_ok(), "without a version");
    }

    #[test]
    fn only_a_read_only_replica_is_refused_for_its_role() {
        for (info, is_accepted) in [
            ("role:slave\r\nslave_read_only:1\r\n", false),
            ("role:slave\r\nslave_read_only:0\r\n", true),
            ("role:master\r\n", true),
            ("", true),
        ] {
            assert_eq!(check_role(&Info(info)).is_ok(), is_accepted, "{info}");
        }
    }
}
