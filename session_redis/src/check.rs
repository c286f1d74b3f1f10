//! What an operator should know before the first session is lost.

use redis::cmd;
use session::store::{StoreError, StoreErrorKind};

use crate::core::Core;
use crate::errors::store_error;
use crate::link::Server;

/// The oldest release that has all commands: `SET … PXAT` and `ZADD … GT`.
const OLDEST: (u32, u32) = (6, 2);

impl Core {
    /// Asks each server with data how it is set up, and warns of what loses sessions.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        // The first command, so it also tells whether there is a server that lets us in.
        self.link
            .query_masters::<String>(&cmd("PING"))
            .await
            .map_err(store_error)?;
        match self.link.query_masters::<String>(&cmd("INFO")).await {
            Ok(servers) => {
                for (server, info) in servers {
                    self.check_server(&server, &Info(&info)).await?;
                }
            }
            Err(error) => {
                let error = store_error(error);
                tracing::debug!(
                    %error,
                    "the server does not tell its settings (`INFO`): whether it may lose sessions is not checked"
                );
            }
        }
        Ok(())
    }

    async fn check_server(&self, server: &Server, info: &Info<'_>) -> Result<(), StoreError> {
        let name = server.to_string();
        check_version(info)?;
        if let Some(policy) = info
            .get("maxmemory_policy")
            .filter(|it| *it != "noeviction")
        {
            tracing::warn!(
                server = %name,
                "`maxmemory-policy` is `{policy}`: when the memory is full, Redis deletes sessions before their \
                 deadline, and with them the log-ins of users. Set `maxmemory-policy noeviction`"
            );
        }
        if info.get("aof_enabled") == Some("0") {
            self.check_snapshots(server, &name).await;
        }
        Ok(())
    }

    /// Without an append-only file, there are snapshots or nothing.
    async fn check_snapshots(&self, server: &Server, name: &str) {
        let mut get = cmd("CONFIG");
        get.arg("GET").arg("save");
        match self.link.query_at::<Vec<String>>(server, &get).await {
            Ok(answer) if answer.get(1).is_none_or(String::is_empty) => tracing::warn!(
                server = name,
                "persistence is off (`appendonly no`, `save \"\"`): all sessions are lost when Redis ends. Set \
                 `appendonly yes`"
            ),
            Ok(_) => {}
            Err(error) => {
                let error = store_error(error);
                tracing::debug!(
                    server = name,
                    %error,
                    "there is no append-only file, and the server does not tell whether it takes snapshots \
                     (`CONFIG GET save`)"
                );
            }
        }
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

#[derive(Debug, thiserror::Error)]
#[error("the server is Redis {version}; 6.2 or later is needed")]
struct TooOld {
    version: String,
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
    fn servers_of_another_age_are_refused() {
        for (version, fits) in [
            ("6.0.16", false),
            ("6.2.0", true),
            ("7.0.15", true),
            ("10.1", true),
        ] {
            let info = format!("# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n");
            assert_eq!(check_version(&Info(&info)).is_ok(), fits, "{version}");
        }
        assert!(check_version(&Info("")).is_ok(), "it is not told");
    }
}
