use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Cmd, RedisResult, Value};

use super::pipeline;

/// A connection that the application manages, and replaces when it breaks.
pub(crate) struct ManagedConnection(ConnectionManager);

impl ManagedConnection {
    pub(super) fn new(manager: ConnectionManager) -> Self {
        Self(manager)
    }

    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let answer = self.0.clone().req_packed_command(command).await;
        answer?.extract_error()
    }

    pub(super) async fn send_all(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        pipeline::send_all(&mut self.0.clone(), commands).await
    }
}
