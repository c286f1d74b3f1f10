use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use redis::{Client, Cmd, FromRedisValue, RedisError, RedisResult, Value};

use super::discovery::Discovery;
use super::failures::{had_no_effect, is_cut_off, may_have_moved, unexpected};
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
        self.note(answer.as_ref().err(), &route.address, sent);
        answer
    }

    /// Notes the error of a command that was sent at that time.
    fn note(&self, error: Option<&RedisError>, node: &Address, sent: Instant) {
        if error.is_some_and(is_cut_off) {
            self.discovery.doubt(node);
        }
        if error.is_some_and(may_have_moved) {
            self.discovery.refresh(sent);
        }
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
            self.note(answer.as_ref().err(), &master, Instant::now());
            Ok((master, redis::from_redis_value(answer?)?))
        });
        try_join_all(answers).await
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use redis::cmd;
    use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// The time after which an answer arrives from afar.
    const LATENCY: Duration = Duration::from_millis(20);

    const CUT_OFF: &str = "-CLUSTERDOWN The cluster is down\r\n";
    const MISSING: &str = "$-1\r\n";

    /// A node that reports itself as the master of all slots.
    #[derive(Clone)]
    struct Node {
        latency: Duration,
        slots: String,
        to_get: &'static str,
    }

    impl Node {
        async fn start(latency: Duration, to_get: &'static str) -> SocketAddr {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let port = address.port();
            let node = Self {
                latency,
                slots: format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:{port}\r\n"),
                to_get,
            };
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(node.clone().serve(client));
                }
            });
            address
        }

        async fn serve(self, mut client: TcpStream) {
            let (commands, mut answers) = client.split();
            let mut commands = BufReader::new(commands).lines();
            while let Some(command) = next_command(&mut commands).await {
                let answer = self.answer(&command).await;
                answers.write_all(answer.as_bytes()).await.unwrap();
            }
        }

        async fn answer(&self, command: &str) -> &str {
            match command {
                "CLUSTER" => {
                    tokio::time::sleep(self.latency).await;
                    &self.slots
                }
                "GET" => self.to_get,
                _ => "+OK\r\n",
            }
        }
    }

    /// Returns the first word of a command: its second line, after the number of all words, is the
    /// length of the word.
    async fn next_command(lines: &mut Lines<impl AsyncBufRead + Unpin>) -> Option<String> {
        let words = lines.next_line().await.unwrap()?;
        let words: usize = words[1..].parse().unwrap();
        let mut command = vec![];
        for _ in 0..2 * words {
            command.extend(lines.next_line().await.unwrap());
        }
        Some(command.swap_remove(1))
    }

    fn cluster_of(nodes: &[SocketAddr]) -> Cluster {
        let clients = nodes.iter().map(|node| format!("redis://{node}"));
        let clients = clients.map(|url| Client::open(url).unwrap());
        Cluster::new(clients.collect::<Vec<_>>(), Limits::default())
    }

    async fn read(cluster: &Cluster) {
        let answer = cluster.send(cmd("GET").arg("session:1")).await;
        assert_eq!(answer.unwrap(), Value::Nil);
    }

    async fn read_after_each_question(cluster: &Cluster) {
        for _ in 0..3 {
            read(cluster).await;
            cluster.ask_for_masters().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_master_that_is_cut_off_is_not_believed_although_it_answers_first() {
        let old = Node::start(Duration::ZERO, CUT_OFF).await;
        let new = Node::start(LATENCY, MISSING).await;
        read_after_each_question(&cluster_of(&[old, new])).await;
    }

    /// The other one was cut off before, and is the master again since this one is.
    #[tokio::test]
    async fn of_two_masters_that_were_cut_off_the_later_one_is_not_believed() {
        let old = Node::start(Duration::ZERO, CUT_OFF).await;
        let new = Node::start(LATENCY, MISSING).await;
        let cluster = cluster_of(&[old, new]);
        cluster.discovery.doubt(&(new.ip().to_string(), new.port()));
        read_after_each_question(&cluster).await;
    }

    #[tokio::test]
    async fn a_master_that_was_cut_off_is_believed_if_no_other_node_answers() {
        let only = Node::start(Duration::ZERO, MISSING).await;
        let cluster = cluster_of(&[only]);
        let address = (only.ip().to_string(), only.port());
        cluster.discovery.doubt(&address);
        read(&cluster).await;
    }
}
