use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, RedisResult, Value};

use super::failures::is_end_of_connection;
use super::idle_check::IdleCheck;
use super::limits::{Limits, limited};
use super::pipeline;
use super::shared_attempts::SharedAttempts;
use super::source::Source;

/// One connection that all operations of a runtime share, and another one in its place when it
/// fails.
///
/// `ConnectionManager` of the crate `redis` replaces a connection that breaks. This type also
/// replaces a silent one, on which an answer may never come, and asks the sentinels again.
pub(super) struct SharedConnection {
    source: Source,
    attempts: Arc<SharedAttempts>,
    current: Mutex<Current>,
    idle: IdleCheck,
    limits: Limits,
}

#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections, so that the failure of an old one does not end a new one.
    number: u64,
}

/// A connection in use, and its number.
type Numbered = (MultiplexedConnection, u64);

impl SharedConnection {
    pub(super) fn to(source: Source, limits: Limits) -> Self {
        Self {
            source,
            attempts: Arc::default(),
            current: Mutex::default(),
            idle: IdleCheck::new(),
            limits,
        }
    }

    /// Sends a command. An error of the server is an `Err`.
    pub(super) async fn send(self: &Arc<Self>, command: &Cmd) -> RedisResult<Value> {
        let (mut connection, number) = self.connection().await?;
        let answer = limited(self.limits.respond, connection.req_packed_command(command)).await;
        self.noted(answer.and_then(Value::extract_error), number)
    }

    /// Sends several commands in one go.
    pub(super) async fn send_all(self: &Arc<Self>, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let (mut connection, number) = self.connection().await?;
        let answers = pipeline::send_all(&mut connection, commands);
        self.noted(limited(self.limits.respond, answers).await, number)
    }

    /// Sends a command for a slot that is on its way to this node of a cluster.
    pub(super) async fn send_asking(self: &Arc<Self>, command: &Cmd) -> RedisResult<Value> {
        let (mut connection, number) = self.connection().await?;
        let answer = pipeline::send_asking(&mut connection, command);
        self.noted(limited(self.limits.respond, answer).await, number)
    }

    /// Gives up the connection if its answer shows that another one may do better.
    fn noted<T>(&self, answer: RedisResult<T>, number: u64) -> RedisResult<T> {
        match &answer {
            Err(error) if is_end_of_connection(error) => self.give_up(number),
            _ => self.idle.answered(),
        }
        answer
    }

    /// The current connection if there is one and it works, else a new one.
    async fn connection(self: &Arc<Self>) -> RedisResult<Numbered> {
        if let Some((mut connection, number)) = self.current() {
            if !self.idle.is_due() {
                return Ok((connection, number));
            }
            match limited(self.limits.respond, self.idle.test(&mut connection)).await {
                Ok(()) => return Ok((connection, number)),
                Err(_) => self.give_up(number),
            }
        }
        self.connect().await
    }

    /// Connects, or waits for the operation that does.
    async fn connect(self: &Arc<Self>) -> RedisResult<Numbered> {
        // Boxed, as it is rare: its state is not part of the futures of operations.
        let attempt = Box::pin(self.clone().attempt());
        self.attempts.join(|| self.current(), attempt).await
    }

    async fn attempt(self: Arc<Self>) -> RedisResult<Numbered> {
        let connection = self.source.connect(self.limits).await?;
        self.idle.answered();
        let mut current = self.lock();
        current.connection = Some(connection.clone());
        current.number += 1;
        Ok((connection, current.number))
    }

    fn current(&self) -> Option<Numbered> {
        let current = self.lock();
        Some((current.connection.clone()?, current.number))
    }

    fn give_up(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.connection = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // A holder of the lock only assigns: nothing is half done after a panic.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
