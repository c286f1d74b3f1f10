use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::ConnectionLike;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::sync::Mutex as AsyncMutex;

use super::Server;
use crate::limits::{Limits, tcp_settings};

/// Connections to all nodes of a cluster.
///
/// The client of `redis` sends a command again whose answer was lost, although it may have taken effect: a
/// replacement would then be told as a conflict. So here it does not try again, and [`Cluster::send`] does, where
/// the server said that it did nothing.
pub(crate) struct Cluster(Arc<Shared>);

struct Shared {
    client: ClusterClient,
    limits: Limits,
    current: Mutex<Current>,
    /// Locked while somebody connects; the others wait for the result.
    connecting: AsyncMutex<()>,
}

#[derive(Default)]
struct Current {
    connection: Option<ClusterConnection>,
    made: Option<Instant>,
}

/// How often a command is sent on, or sent again, that had no effect. Slots that move cause one or two, and the
/// death of a master as many as there is time for.
const ATTEMPTS: u32 = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Silent connections are replaced no more often than that.
const RENEWAL: Duration = Duration::from_secs(1);

impl Cluster {
    pub(crate) fn new(builder: ClusterClientBuilder, limits: Limits) -> RedisResult<Self> {
        let client = builder
            .retries(0)
            .connection_timeout(limits.connect)
            .response_timeout(limits.respond)
            .overall_response_timeout(Some(limits.connect + limits.respond))
            .tcp_settings(tcp_settings())
            .build()?;
        Ok(Self(Arc::new(Shared {
            client,
            limits,
            current: Mutex::default(),
            connecting: AsyncMutex::default(),
        })))
    }

    /// Sends a command to the node that has its key, wherever that is by now.
    pub(crate) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let start = Instant::now();
        let mut redirect = None;
        for attempt in 0.. {
            let answer = self.attempt(command, redirect.take()).await;
            let Err(error) = &answer else { return answer };
            let patience = self.0.limits.connect + self.0.limits.respond;
            if attempt >= ATTEMPTS || start.elapsed() > patience || !had_no_effect(error) {
                return answer;
            }
            redirect = Redirect::of(error);
            if redirect.is_none() {
                tokio::time::sleep(pause(attempt)).await;
            }
        }
        unreachable!("the loop ends by `return` only")
    }

    async fn attempt(&self, command: &Cmd, redirect: Option<Redirect>) -> RedisResult<Value> {
        let mut connection = self.connection().await?;
        let answer = match redirect {
            None => connection.req_packed_command(command).await,
            Some(Redirect { address, asking }) => {
                let mut pipeline = redis::pipe();
                if asking {
                    pipeline.cmd("ASKING");
                }
                pipeline.add_command(command.clone());
                let before = usize::from(asking);
                let route = by_address(address);
                let answers = connection.route_pipeline(pipeline, before, 1, route).await;
                answers.map(|mut answers| answers.pop().unwrap_or_default())
            }
        };
        let answer = answer.and_then(Value::extract_error);
        if answer.as_ref().is_err_and(RedisError::is_timeout) {
            self.renew();
        }
        answer
    }

    /// Sends a command to that node.
    pub(crate) async fn send_to(
        &self,
        address: &(String, u16),
        command: &Cmd,
    ) -> RedisResult<Value> {
        let route = RoutingInfo::SingleNode(by_address(address.clone()));
        let mut connection = self.connection().await?;
        connection.route_command(command.clone(), route).await
    }

    pub(crate) async fn query_masters<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> RedisResult<Vec<(Server, T)>> {
        let all = MultipleNodeRoutingInfo::AllMasters;
        let mut connection = self.connection().await?;
        let route = RoutingInfo::MultiNode((all, None));
        let answer = connection.route_command(command.clone(), route).await?;
        let Value::Map(answers) = answer else {
            return Err(unexpected("the answers of several nodes are no map"));
        };
        let answers = answers.into_iter().map(|(address, answer)| {
            let address: String = redis::from_redis_value(address)?;
            let (host, port) = address
                .rsplit_once(':')
                .and_then(|(host, port)| Some((host, port.parse().ok()?)))
                .ok_or_else(|| unexpected("the address of a node has no port"))?;
            let answer = redis::from_redis_value(answer.extract_error()?)?;
            Ok((Server::At((host.to_owned(), port)), answer))
        });
        answers.collect()
    }

    async fn connection(&self) -> RedisResult<ClusterConnection> {
        if let Some(connection) = self.0.current().connection.clone() {
            return Ok(connection);
        }
        self.0.connect(None).await
    }

    /// Replaces the connections, one of which was silent, once there are others. Those that do their work
    /// are used until then.
    fn renew(&self) {
        let (shared, begun) = (self.0.clone(), Instant::now());
        let is_young = shared
            .current()
            .made
            .is_some_and(|made| made.elapsed() < RENEWAL);
        if is_young || shared.connecting.try_lock().is_err() {
            return;
        }
        // Its outcome is there for the next operation, or there is none.
        tokio::spawn(async move { shared.connect(Some(begun)).await });
    }
}

impl Shared {
    /// Connects, unless there are connections that were made after that moment.
    async fn connect(&self, older_than: Option<Instant>) -> RedisResult<ClusterConnection> {
        let _turn = self.connecting.lock().await;
        {
            let current = self.current();
            let is_new = older_than.is_none_or(|moment| current.made > Some(moment));
            if let Some(connection) = current.connection.clone().filter(|_| is_new) {
                return Ok(connection);
            }
        }
        let connection = self.client.get_async_connection();
        let limit = self.limits.connect * 2;
        let connection = tokio::time::timeout(limit, connection).await;
        let connection = connection.map_err(|_elapsed| crate::errors::timed_out())??;
        let mut current = self.current();
        current.connection = Some(connection.clone());
        current.made = Some(Instant::now());
        Ok(connection)
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        // Whoever holds the lock only assigns: nothing is half done after a panic.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another node, which the node that was asked named.
struct Redirect {
    address: (String, u16),
    /// Only this once: the slot is on its way.
    asking: bool,
}

impl Redirect {
    fn of(error: &RedisError) -> Option<Self> {
        let (address, _slot) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        Some(Self {
            address: (host.to_owned(), port.parse().ok()?),
            asking: error.kind() == ErrorKind::Server(ServerErrorKind::Ask),
        })
    }
}

/// Whether the command certainly did nothing, so that it may be sent again.
fn had_no_effect(error: &RedisError) -> bool {
    use ServerErrorKind as S;
    matches!(
        error.kind(),
        ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                S::Moved
                    | S::Ask
                    | S::TryAgain
                    | S::ClusterDown
                    | S::MasterDown
                    | S::BusyLoading
                    | S::ReadOnly
            )
    ) || error.is_connection_refusal()
}

fn by_address((host, port): (String, u16)) -> SingleNodeRoutingInfo {
    SingleNodeRoutingInfo::ByAddress { host, port }
}

fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_PAUSE)
}

fn unexpected(what: &'static str) -> RedisError {
    (ErrorKind::UnexpectedReturnType, what).into()
}
