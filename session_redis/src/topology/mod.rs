//! The ways to the servers: how commands reach them, and what happens when connections break.

mod cluster;
mod discovery;
mod failures;
mod idle_check;
mod key_slot;
pub(crate) mod limits;
mod managed_connection;
mod nodes;
mod pipeline;
mod retries;
mod route;
mod runtime_connections;
pub(crate) mod server;
mod shared_attempts;
mod shared_connection;
mod slot_map;
pub(crate) mod source;
pub(crate) mod survey;

use futures_util::future::try_join_all;
use redis::aio::ConnectionManager;
use redis::{Client, Cmd, FromRedisValue, RedisResult, Value};
use session::store::StoreError;

use crate::errors::store_error;
use crate::scripts::call::Call;
use crate::scripts::script::Script;
use cluster::Cluster;
use failures::{is_missing_script, unless_of_another_type};
use limits::{Limits, tcp_settings};
use managed_connection::ManagedConnection;
use runtime_connections::RuntimeConnections;
use server::Server;
use source::{NewSentinelClients, Source};

/// The number of commands of one operation that are under way at once. They share a connection
/// with all other operations, and must not fill it.
const AT_ONCE: usize = 512;

/// One server, or several that are one store.
pub(crate) enum Topology {
    /// One server, by a connection that the application manages.
    Managed(Box<ManagedConnection>),
    /// One server, or the master that sentinels know.
    Direct(Box<RuntimeConnections>),
    Cluster(Cluster),
}

impl Topology {
    pub(crate) fn managed(manager: ConnectionManager) -> Self {
        Self::Managed(Box::new(ManagedConnection::new(manager)))
    }

    /// # Errors
    ///
    /// Returns an error if the settings of the client are invalid.
    pub(crate) fn server(client: &Client, limits: Limits) -> Result<Self, StoreError> {
        let info = client.get_connection_info().clone();
        let client = Client::open(info.set_tcp_settings(tcp_settings())).map_err(store_error)?;
        Ok(Self::direct(Source::Server(Box::new(client)), limits))
    }

    pub(crate) fn sentinels(new_clients: NewSentinelClients, limits: Limits) -> Self {
        Self::direct(Source::Sentinels(new_clients), limits)
    }

    fn direct(source: Source, limits: Limits) -> Self {
        Self::Direct(Box::new(RuntimeConnections::to(source, limits)))
    }

    pub(crate) fn cluster(nodes: impl IntoIterator<Item = Client>, limits: Limits) -> Self {
        Self::Cluster(Cluster::new(nodes, limits))
    }

    /// Returns `true` if keys may be on different servers.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Sends a command and returns its answer. An error of the server is an `Err`.
    pub(crate) async fn send(&self, command: &Cmd) -> Result<Value, StoreError> {
        self.try_send(command).await.map_err(store_error)
    }

    /// Sends many commands that read, and returns their answers in the same order.
    ///
    /// The answer for a key of another type is that for a missing key. Another program wrote that
    /// key, and it must not hide the others.
    pub(crate) async fn query_all<T: FromRedisValue>(
        &self,
        commands: &[Cmd],
    ) -> Result<Vec<T>, StoreError> {
        let mut answers = Vec::with_capacity(commands.len());
        for commands in commands.chunks(AT_ONCE) {
            for answer in self.send_all(commands).await.map_err(store_error)? {
                answers.push(parsed(answer).map_err(store_error)?);
            }
        }
        Ok(answers)
    }

    /// Runs a script.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        call: &Call<'_>,
    ) -> Result<T, StoreError> {
        self.try_run(script, call).await.map_err(store_error)
    }

    /// Runs a script several times at once.
    pub(crate) async fn run_all<T: FromRedisValue>(
        &self,
        script: &Script,
        calls: &[Call<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let mut answers = Vec::with_capacity(calls.len());
        for calls in calls.chunks(AT_ONCE) {
            let calls = calls.iter().map(|call| self.run(script, call));
            answers.extend(try_join_all(calls).await?);
        }
        Ok(answers)
    }

    /// Sends a command to each server with records, and returns all answers.
    pub(crate) async fn query_masters<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> Result<Vec<(Server, T)>, StoreError> {
        let Self::Cluster(cluster) = self else {
            let answer = parsed(self.send(command).await?).map_err(store_error)?;
            return Ok(vec![(Server::Only, answer)]);
        };
        let answers = cluster.query_masters(command).await.map_err(store_error)?;
        let answers = answers.into_iter();
        Ok(answers
            .map(|(master, answer)| (Server::Node(master), answer))
            .collect())
    }

    /// Sends a command to one of the servers of [`query_masters`](Self::query_masters).
    pub(crate) async fn query_at<T: FromRedisValue>(
        &self,
        server: &Server,
        command: &Cmd,
    ) -> Result<T, StoreError> {
        let answer = match (self, server) {
            (Self::Cluster(cluster), Server::Node(master)) => {
                cluster.send_to(master, command).await
            }
            _ => self.try_send(command).await,
        };
        answer.and_then(parsed).map_err(store_error)
    }

    /// Asks the nodes of a cluster for its masters, which may have changed.
    pub(crate) async fn ask_for_masters(&self) -> Result<(), StoreError> {
        match self {
            Self::Cluster(cluster) => cluster.ask_for_masters().await.map_err(store_error),
            Self::Managed(_) | Self::Direct(_) => Ok(()),
        }
    }

    async fn try_send(&self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Managed(connection) => connection.send(command).await,
            Self::Direct(server) => server.of_this_runtime().send(command).await,
            Self::Cluster(cluster) => cluster.send(command).await,
        }
    }

    /// Sends commands that read, in one go if they go to one server.
    async fn send_all(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        match self {
            Self::Managed(connection) => connection.send_all(commands).await,
            Self::Direct(server) => server.of_this_runtime().send_all(commands).await,
            Self::Cluster(cluster) => {
                let answers = commands
                    .iter()
                    .map(|command| async { unless_of_another_type(cluster.send(command).await) });
                try_join_all(answers).await
            }
        }
    }

    /// Runs a script, and sends its source if the server does not have it.
    async fn try_run<T: FromRedisValue>(&self, script: &Script, call: &Call<'_>) -> RedisResult<T> {
        let answer = match self.try_send(&script.call(call)).await {
            Err(error) if is_missing_script(&error) => {
                self.try_send(&script.call_with_source(call)).await
            }
            answer => answer,
        };
        answer.and_then(parsed)
    }
}

fn parsed<T: FromRedisValue>(answer: Value) -> RedisResult<T> {
    redis::from_redis_value(answer).map_err(redis::RedisError::from)
}
