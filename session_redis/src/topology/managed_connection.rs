use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Cmd, RedisResult, Value};

use super::idle_check::IdleCheck;
use super::pipeline;

/// A connection that the application manages, and replaces when it breaks.
pub(crate) struct ManagedConnection {
    manager: ConnectionManager,
    idle: IdleCheck,
}

impl ManagedConnection {
    pub(super) fn new(manager: ConnectionManager) -> Self {
        Self {
            manager,
            idle: IdleCheck::new(),
        }
    }

    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let answer = self.tested().await.req_packed_command(command).await;
        self.noted(answer?.extract_error())
    }

    pub(super) async fn send_all(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        self.noted(pipeline::send_all(&mut self.tested().await, commands).await)
    }

    /// The connection. If it broke while it was idle, the test has made the manager replace it.
    async fn tested(&self) -> ConnectionManager {
        let mut manager = self.manager.clone();
        if self.idle.is_due() {
            _ = self.idle.test(&mut manager).await;
        }
        manager
    }

    fn noted<T>(&self, answer: RedisResult<T>) -> RedisResult<T> {
        if answer.is_ok() {
            self.idle.answered();
        }
        answer
    }
}
