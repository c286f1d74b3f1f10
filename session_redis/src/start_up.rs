//! The check of the servers when a store connects.

use redis::cmd;
use session::store::{StoreError, StoreErrorKind};

use crate::errors::forbids_command;
use crate::prefix::KeyPrefix;
use crate::topology::Topology;
use crate::topology::server::Server;

/// The oldest release with all commands: `SET … PXAT` and `ZADD … GT`.
const OLDEST: (u32, u32) = (6, 2);

/// Asks each server with records for its settings, and warns of those that lose sessions.
///
/// # Errors
///
/// Returns an error if a server cannot be reached, is too old, or accepts no writes.
pub(crate) async fn check(topology: &Topology, rules: &StartUpRules) -> Result<(), StoreError> {
    // The first command, so its error is that of a server that is down or gives no access.
    topology.query_masters::<String>(&cmd("PING")).await?;
    match topology.query_masters::<String>(&cmd("INFO")).await {
        Ok(servers) => {
            for (server, info) in servers {
                check_server(topology, &server, &Info(&info), rules).await?;
            }
            Ok(())
        }
        Err(error) if forbids_command(&error) => {
            check_without_info(topology, &rules.prefix, error).await
        }
        Err(error) => Err(error),
    }
}

/// The parts of a store that its check depends on.
#[derive(Debug, Default)]
pub(crate) struct StartUpRules {
    pub(crate) prefix: KeyPrefix,
    /// True if a server may evict sessions.
    pub(crate) accepts_eviction: bool,
}

/// Deletes a key that is not there, which a read-only replica refuses. On a cluster, the command
/// goes to a master.
async fn check_without_info(
    topology: &Topology,
    prefix: &KeyPrefix,
    denied: StoreError,
) -> Result<(), StoreError> {
    tracing::warn!(
        error = %denied,
        "the server does not permit `INFO`, so nobody has checked its version, and whether it \
         deletes sessions before their deadline. Give its user the right `+info`"
    );
    let mut unlink = cmd("UNLINK");
    unlink.arg(format!("{prefix}start-up"));
    topology.send(&unlink).await.map(drop)
}

async fn check_server(
    topology: &Topology,
    server: &Server,
    info: &Info<'_>,
    rules: &StartUpRules,
) -> Result<(), StoreError> {
    check_version(info)?;
    // A replica in a cluster redirects commands to its master.
    if !topology.is_cluster() {
        check_independence(info)?;
        check_role(info)?;
    }
    check_eviction(server, info, rules)?;
    check_persistence(topology, server, info).await;
    Ok(())
}

/// Refuses a server that deletes sessions to make room for others, unless that is accepted.
fn check_eviction(
    server: &Server,
    info: &Info<'_>,
    rules: &StartUpRules,
) -> Result<(), StoreError> {
    let policy = info.get("maxmemory_policy").unwrap_or("noeviction");
    let is_limited = info.get("maxmemory").is_some_and(|limit| limit != "0");
    match policy {
        "noeviction" => Ok(()),
        policy if is_limited && !rules.accepts_eviction => {
            let policy = policy.to_owned();
            Err(StoreError::new(StoreErrorKind::Other, Evicts { policy }))
        }
        policy => {
            warn_of_eviction(server, policy);
            Ok(())
        }
    }
}

fn warn_of_eviction(server: &Server, policy: &str) {
    tracing::warn!(
        %server,
        "`maxmemory-policy` is `{policy}`: when the memory is full, Redis deletes sessions before \
         their deadline, which logs users out, and lists of sessions, which hides them. Set \
         `maxmemory-policy noeviction`"
    );
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

/// A node of a cluster refuses commands for the slots of the others, and for keys in several slots.
fn check_independence(info: &Info<'_>) -> Result<(), StoreError> {
    match info.get("cluster_enabled") == Some("1") {
        true => Err(StoreError::new(StoreErrorKind::Other, NodeOfCluster)),
        false => Ok(()),
    }
}

/// A replica loses what is written to it, if it accepts writes at all.
fn check_role(info: &Info<'_>) -> Result<(), StoreError> {
    match info.get("role") == Some("slave") {
        true => Err(StoreError::new(StoreErrorKind::Unavailable, Replica)),
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
    "the server is a node of a cluster, so it refuses commands for several sessions: set \
     `session_redis.mode: cluster`, or connect by `RedisSessionStore::cluster`"
)]
struct NodeOfCluster;

#[derive(Debug, thiserror::Error)]
#[error(
    "the server is a replica, which refuses each write or loses it: configure the URL of its master, \
     or sentinels that find the master"
)]
struct Replica;

#[derive(Debug, thiserror::Error)]
#[error(
    "`maxmemory-policy` is `{policy}`, so Redis deletes sessions and lists of sessions when \
     `maxmemory` is reached: set `maxmemory-policy noeviction`, or accept that with \
     `session_redis.accept_eviction: true`"
)]
struct Evicts {
    policy: String,
}

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
    fn a_server_that_evicts_is_refused_if_its_memory_is_limited_and_that_is_not_accepted() {
        let evicts = "maxmemory:1000\r\nmaxmemory_policy:volatile-random\r\n";
        let unlimited = "maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n";
        let keeps = "maxmemory:1000\r\nmaxmemory_policy:noeviction\r\n";
        for (info, accepts_eviction, is_used) in [
            (evicts, false, false),
            (evicts, true, true),
            (unlimited, false, true),
            (keeps, false, true),
            ("", false, true),
        ] {
            let rules = StartUpRules {
                accepts_eviction,
                ..StartUpRules::default()
            };
            let checked = check_eviction(&Server::Only, &Info(info), &rules);
            assert_eq!(checked.is_ok(), is_used, "{info}");
        }
    }

    #[test]
    fn a_node_of_a_cluster_is_refused_as_a_single_server() {
        for (info, is_accepted) in [
            ("cluster_enabled:1\r\n", false),
            ("cluster_enabled:0\r\n", true),
            ("", true),
        ] {
            let checked = check_independence(&Info(info));
            assert_eq!(checked.is_ok(), is_accepted, "{info}");
        }
    }

    #[test]
    fn each_replica_is_refused_for_its_role() {
        for (info, is_accepted) in [
            ("role:slave\r\nslave_read_only:1\r\n", false),
            ("role:slave\r\nslave_read_only:0\r\n", false),
            ("role:master\r\n", true),
            ("", true),
        ] {
            assert_eq!(check_role(&Info(info)).is_ok(), is_accepted, "{info}");
        }
    }
}
