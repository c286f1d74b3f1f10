use std::sync::Mutex;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, RedisResult, Value};
use tokio::sync::Mutex as AsyncMutex;

use crate::errors::{Delivery, delivery, timed_out};
use crate::limits::Limits;

/// One connection, which all operations share, and another one in its place when it fails.
///
/// redis' own `ConnectionManager` replaces a connection that breaks. This one also replaces one that is
/// silent: an answer that does not come in time may never come, on this connection. And it asks the sentinels again.
pub(crate) struct Line {
    /// What is locked while somebody connects; the others wait for the result.
    source: AsyncMutex<Source>,
    current: Mutex<Current>,
    limits: Limits,
}

/// Whom to connect to.
enum Source {
    Server(Box<Client>),
    /// Finds the master, which may be another one each time.
    Sentinels(Box<SentinelClient>),
}

#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that the failure of an old one does not end a new one.
    number: u64,
}

impl Line {
    pub(crate) fn to_server(client: Client, limits: Limits) -> Self {
        Self::to(Source::Server(Box::new(client)), limits)
    }

    pub(crate) fn to_master(client: SentinelClient, limits: Limits) -> Self {
        Self::to(Source::Sentinels(Box::new(client)), limits)
    }

    fn to(source: Source, limits: Limits) -> Self {
        Self {
            source: AsyncMutex::new(source),
            current: Mutex::default(),
            limits,
        }
    }

    pub(crate) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let (mut connection, number) = match self.current() {
            Some(current) => current,
            None => self.connect().await?,
        };
        let answer = connection.req_packed_command(command).await;
        self.judged(answer.and_then(Value::extract_error), number)
    }

    /// Sends several commands in one go.
    pub(crate) async fn send_all(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let (mut connection, number) = match self.current() {
            Some(current) => current,
            None => self.connect().await?,
        };
        let answers = pipelined(&mut connection, commands).await;
        self.judged(answers, number)
    }

    /// Sends a command for a slot that is on its way to this node of a cluster.
    pub(crate) async fn send_asking(&self, command: &Cmd) -> RedisResult<Value> {
        let (mut connection, number) = match self.current() {
            Some(current) => current,
            None => self.connect().await?,
        };
        let mut pipeline = redis::pipe();
        pipeline.cmd("ASKING").add_command(command.clone());
        let answers = connection.req_packed_commands(&pipeline, 1, 1).await;
        let answer = answers.map(|mut answers| answers.pop().unwrap_or_default());
        self.judged(answer.and_then(Value::extract_error), number)
    }

    fn judged<T>(&self, answer: RedisResult<T>, number: u64) -> RedisResult<T> {
        if answer.as_ref().is_err_and(is_end_of_connection) {
            self.give_up(number);
        }
        answer
    }

    fn current(&self) -> Option<(MultiplexedConnection, u64)> {
        let current = self.lock();
        Some((current.connection.clone()?, current.number))
    }

    /// Connects, unless somebody did so meanwhile.
    async fn connect(&self) -> RedisResult<(MultiplexedConnection, u64)> {
        let mut source = self.source.lock().await;
        if let Some(current) = self.current() {
            return Ok(current);
        }
        // Sentinels are asked one after the other, and each may be silent: hence a limit for it all.
        let connection = source.connect(self.limits);
        let connection = tokio::time::timeout(self.limits.connect * 2, connection).await;
        let connection = connection.map_err(|_elapsed| timed_out())??;
        let mut current = self.lock();
        current.connection = Some(connection.clone());
        current.number += 1;
        Ok((connection, current.number))
    }

    fn give_up(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.connection = None;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        // Whoever holds the lock only assigns: nothing is half done after a panic.
        self.current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The answers to several commands; the first error of any is the error of all.
pub(crate) async fn pipelined(
    connection: &mut impl ConnectionLike,
    commands: &[Cmd],
) -> RedisResult<Vec<Value>> {
    let mut pipeline = redis::pipe();
    for command in commands {
        pipeline.add_command(command.clone());
    }
    let answers = connection.req_packed_commands(&pipeline, 0, commands.len());
    let answers = answers.await?.into_iter();
    answers.map(Value::extract_error).collect()
}

impl Source {
    async fn connect(&mut self, limits: Limits) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits.connect))
            .set_response_timeout(Some(limits.respond));
        match self {
            Self::Server(client) => {
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
            }
            Self::Sentinels(client) => client.get_async_connection_with_config(&config).await,
        }
    }
}

/// Whether a new connection may do better: this one is broken or silent, or leads to a server that is no master
/// any more.
fn is_end_of_connection(error: &RedisError) -> bool {
    use redis::{ErrorKind, ServerErrorKind};
    delivery(error) == Delivery::Unknown
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}
