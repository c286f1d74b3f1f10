//! The way to the server, or to the servers: how commands get there, and what happens when connections break.

mod cluster;
mod line;
mod slots;

use std::fmt;

use futures_util::future::try_join_all;
use redis::aio::{ConnectionLike, ConnectionManager};
use redis::sentinel::SentinelClient;
use redis::{Client, Cmd, FromRedisValue, RedisError, RedisResult, Value};

use cluster::Cluster;
use line::{Line, pipelined};
use slots::Address;

use crate::limits::Limits;
use crate::scripts::{Call, Operation};

/// How many commands are under way at once, of those that belong together. They share a connection with all others,
/// and so are not to fill it.
const AT_ONCE: usize = 512;

/// One server, or several that are one store.
pub(crate) enum Link {
    /// A connection that the application manages.
    Managed(ConnectionManager),
    /// One server, or the master that sentinels know.
    Line(Box<Line>),
    Cluster(Cluster),
}

impl Link {
    pub(crate) fn to_server(client: Client, limits: Limits) -> Self {
        Self::Line(Box::new(Line::to_server(client, limits)))
    }

    pub(crate) fn to_master(client: SentinelClient, limits: Limits) -> Self {
        Self::Line(Box::new(Line::to_master(client, limits)))
    }

    pub(crate) fn to_cluster(nodes: impl IntoIterator<Item = Client>, limits: Limits) -> Self {
        Self::Cluster(Cluster::new(nodes, limits))
    }

    /// Whether keys may be on different servers.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Sends a command, and returns the answer. An error of the server is an `Err`.
    pub(crate) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::Managed(manager) => manager.clone().req_packed_command(command).await,
            Self::Line(line) => line.send(command).await,
            Self::Cluster(cluster) => cluster.send(command).await,
        };
        answer.and_then(Value::extract_error)
    }

    /// The same, with the answer as a `T`.
    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let answer = self.send(command).await?;
        redis::from_redis_value(answer).map_err(RedisError::from)
    }

    /// Sends many commands, in one go where they go to one server, and returns the answers in their order.
    pub(crate) async fn query_all<T: FromRedisValue>(
        &self,
        commands: Vec<Cmd>,
    ) -> RedisResult<Vec<T>> {
        let mut answers = Vec::with_capacity(commands.len());
        for commands in commands.chunks(AT_ONCE) {
            let sent = match self {
                Self::Managed(manager) => pipelined(&mut manager.clone(), commands).await?,
                Self::Line(line) => line.send_all(commands).await?,
                Self::Cluster(cluster) => {
                    try_join_all(commands.iter().map(|it| cluster.send(it))).await?
                }
            };
            for answer in sent {
                answers.push(redis::from_redis_value(answer)?);
            }
        }
        Ok(answers)
    }

    /// Runs a script, and takes it along if the server does not have it (any more).
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        operation: &Operation,
        call: &Call<'_>,
    ) -> RedisResult<T> {
        match self.query(&operation.call(call)).await {
            Err(error) if is_missing_script(&error) => {
                self.query(&operation.call_with_source(call)).await
            }
            answer => answer,
        }
    }

    /// Runs a script several times, at the same time.
    pub(crate) async fn run_all<T: FromRedisValue>(
        &self,
        operation: &Operation,
        calls: Vec<Call<'_>>,
    ) -> RedisResult<Vec<T>> {
        let mut answers = Vec::with_capacity(calls.len());
        for calls in calls.chunks(AT_ONCE) {
            let calls = calls.iter().map(|call| self.run(operation, call));
            answers.extend(try_join_all(calls).await?);
        }
        Ok(answers)
    }

    /// The servers with data of their own, and what each answers.
    pub(crate) async fn query_masters<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> RedisResult<Vec<(Server, T)>> {
        match self {
            Self::Cluster(cluster) => cluster.query_masters(command).await,
            _ => Ok(vec![(Server::TheOne, self.query(command).await?)]),
        }
    }

    /// Sends a command to one of the servers of [`query_masters`](Self::query_masters).
    pub(crate) async fn query_at<T: FromRedisValue>(
        &self,
        server: &Server,
        command: &Cmd,
    ) -> RedisResult<T> {
        match (self, server) {
            (Self::Cluster(cluster), Server::At(address)) => {
                let answer = cluster.send_to(address, command).await?;
                redis::from_redis_value(answer.extract_error()?).map_err(RedisError::from)
            }
            _ => self.query(command).await,
        }
    }
}

/// One of the servers that a store is on.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    /// There are no others.
    TheOne,
    At(Address),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TheOne => f.write_str("the only one"),
            Self::At((host, port)) => write!(f, "{host}:{port}"),
        }
    }
}

fn unexpected(what: &'static str) -> RedisError {
    (redis::ErrorKind::UnexpectedReturnType, what).into()
}

fn is_missing_script(error: &RedisError) -> bool {
    use redis::{ErrorKind, ServerErrorKind};
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
