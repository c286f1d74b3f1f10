use redis::aio::ConnectionLike;
use redis::{Cmd, RedisResult, Value};

use super::failures::unless_of_another_type;

/// Sends commands in one go and returns their answers, [`Value::Nil`] for a key of another type.
///
/// # Errors
///
/// Returns the first error of any of them.
pub(super) async fn send_all(
    connection: &mut impl ConnectionLike,
    commands: &[Cmd],
) -> RedisResult<Vec<Value>> {
    let mut pipeline = redis::pipe();
    for command in commands {
        pipeline.add_command(command.clone());
    }
    let answers = connection.req_packed_commands(&pipeline, 0, commands.len());
    let answers = answers.await?.into_iter();
    answers
        .map(|answer| unless_of_another_type(answer.extract_error()))
        .collect()
}

/// Sends a command for a slot that is on its way to this node of a cluster.
///
/// # Errors
///
/// Returns the error of the connection or of the server.
pub(super) async fn send_asking(
    connection: &mut impl ConnectionLike,
    command: &Cmd,
) -> RedisResult<Value> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("ASKING").add_command(command.clone());
    let mut answers = connection.req_packed_commands(&pipeline, 1, 1).await?;
    answers.pop().unwrap_or_default().extract_error()
}
