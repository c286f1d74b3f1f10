use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use redis::{Client, Cmd, FromRedisValue, RedisResult, Value};

use super::discovery::Discovery;
use super::failures::{had_no_effect, may_have_moved, unexpected};
use super::key_slot::key_slot;
use super::limits::Limits;
use super::nodes::Nodes;
use super::retries::Retries;
use super::route::Route;
use super::server::Address;

/// The masters of a cluster, each with a shared connection.
///
/// The cluster client of the crate `redis` is not used, for two reasons. It sends a command again
/// whose answer was lost, although the command may have taken effect: a replacement would then be
/// reported as a conflict. And it may come to a standstill while many slots move, when it waits for
/// a lock that one of its own requests holds.
pub(crate) struct Cluster {
    discovery: Arc<Discovery>,
    /// The time within which attempts at a command start.
    patience: Duration,
}

impl Cluster {
    pub(super) fn new(seeds: impl IntoIterator<Item = Client>, limits: Limits) -> Self {
        Self {
            discovery: Arc::new(Discovery::new(Nodes::new(seeds, limits))),
            patience: limits.connect + limits.respond,
        }
    }

    /// Sends a command to the master that has its key. Sends it again only if it certainly had no
    /// effect.
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt.
    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let slot = key_slot(command).ok_or_else(|| unexpected("a command without a key"))?;
        let mut retries = Retries::new(self.patience);
        let mut redirection = None;
        loop {
            let route = match redirection {
                Some(route) => route,
                None => Route::to(self.discovery.master_of(slot).await?),
            };
            let error = match self.send_along(&route, command).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !retries.are_left() || !had_no_effect(&error) {
                return Err(error);
            }
            redirection = Route::redirected_by(&error, &route.address);
            retries.pause(redirection.is_some()).await;
        }
    }

    /// Makes one attempt. If it fails because the slots may have moved, the nodes are asked again.
    async fn send_along(&self, route: &Route, command: &Cmd) -> RedisResult<Value> {
        let sent = Instant::now();
        let connection = self.discovery.nodes().connection(&route.address)?;
        let answer = match route.is_asking {
            true => connection.send_asking(command).await,
            false => connection.send(command).await,
        };
        if answer.as_ref().is_err_and(may_have_moved) {
            self.discovery.refresh(sent);
        }
        answer
    }

    /// Sends a command to one master.
    pub(super) async fn send_to(&self, master: &Address, command: &Cmd) -> RedisResult<Value> {
        let connection = self.discovery.nodes().connection(master)?;
        connection.send(command).await
    }

    /// Asks the nodes for the masters, which may have changed.
    pub(super) async fn ask_for_masters(&self) -> RedisResult<()> {
        self.discovery.ask_unless_done_since(Instant::now()).await
    }

    /// Sends a command to all masters, and returns the answer of each.
    pub(super) async fn query_masters<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> RedisResult<Vec<(Address, T)>> {
        let masters = self.discovery.masters().await?;
        let answers = masters.into_iter().map(async |master| {
            let answer = self.send_to(&master, command).await;
            if answer.as_ref().is_err_and(may_have_moved) {
                self.discovery.refresh(Instant::now());
            }
            Ok((master, redis::from_redis_value(answer?)?))
        });
        try_join_all(answers).await
    }
}
