use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{select_ok, try_join_all};
use redis::{
    Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, RedisError,
    RedisResult, ServerErrorKind, Value, cmd,
};
use tokio::sync::Mutex as AsyncMutex;

use super::slots::{Address, Redirect, Slots, slot_of};
use super::{Line, Server, unexpected};
use crate::limits::{Limits, tcp_settings};

/// A [`Line`] to each master of a cluster.
///
/// The cluster client of `redis` is not used, for two reasons. It sends a command again whose answer was lost, although
/// it may have taken effect: a replacement would then be told as a conflict. And while many slots move it may come to
/// a standstill: it waits for a lock that a request of its own holds, which it does not go on with meanwhile.
pub(crate) struct Cluster(Arc<Shared>);

struct Shared {
    /// Nodes that are known from the beginning. What they demand of clients, all do.
    seeds: Vec<ConnectionInfo>,
    limits: Limits,
    state: Mutex<State>,
    /// Locked while somebody asks where the slots are; the others wait for the result.
    asking: AsyncMutex<()>,
}

#[derive(Default)]
struct State {
    slots: Arc<Slots>,
    /// When somebody began to ask for them.
    asked: Option<Instant>,
    lines: BTreeMap<Address, Arc<Line>>,
}

/// How often a command is sent on, or sent again, that had no effect. Slots that move cause one or two, and the
/// death of a master as many as there is time for.
const ATTEMPTS: u32 = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl Cluster {
    pub(crate) fn new(nodes: impl IntoIterator<Item = Client>, limits: Limits) -> Self {
        let infos = nodes.into_iter().map(|node| {
            let info = node.get_connection_info().clone();
            info.set_tcp_settings(tcp_settings())
        });
        Self(Arc::new(Shared {
            seeds: infos.collect(),
            limits,
            state: Mutex::default(),
            asking: AsyncMutex::default(),
        }))
    }

    /// Sends a command to the node that has its key, wherever that is by now. It is sent again only if it certainly
    /// had no effect.
    pub(crate) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let slot = slot_of(command).ok_or_else(|| unexpected("a command has no key"))?;
        let begun = Instant::now();
        let patience = self.0.limits.connect + self.0.limits.respond;
        let mut redirect: Option<Redirect> = None;
        let mut attempt = 0;
        loop {
            let sent = Instant::now();
            let (address, asking) = match redirect.take() {
                Some(Redirect { address, asking }) => (address, asking),
                None => (self.0.master_of(slot).await?, false),
            };
            let answer = match self.0.line(&address) {
                Ok(line) if asking => line.send_asking(command).await,
                Ok(line) => line.send(command).await,
                Err(error) => Err(error),
            };
            let Err(error) = &answer else { return answer };
            attempt += 1;
            let was_sent_on = Redirect::of(error, &address);
            if !was_sent_on.as_ref().is_some_and(|to| to.asking) {
                self.0.ask_again(sent);
            }
            if attempt >= ATTEMPTS || begun.elapsed() > patience || !had_no_effect(error) {
                return answer;
            }
            // Those who do not agree send clients to and fro.
            if was_sent_on.is_none() || attempt > 4 {
                tokio::time::sleep(pause(attempt)).await;
            }
            redirect = was_sent_on;
        }
    }

    /// Sends a command to that node.
    pub(crate) async fn send_to(&self, address: &Address, command: &Cmd) -> RedisResult<Value> {
        self.0.line(address)?.send(command).await
    }

    pub(crate) async fn query_masters<T: FromRedisValue>(
        &self,
        command: &Cmd,
    ) -> RedisResult<Vec<(Server, T)>> {
        let masters = self.0.masters().await?;
        let answers = masters.into_iter().map(async |address| {
            let answer = self.send_to(&address, command).await;
            if answer.is_err() {
                self.0.ask_again(Instant::now());
            }
            let answer = redis::from_redis_value(answer?)?;
            Ok((Server::At(address), answer))
        });
        try_join_all(answers).await
    }
}

impl Shared {
    async fn master_of(self: &Arc<Self>, slot: u16) -> RedisResult<Address> {
        let slots = self.state().slots.clone();
        if let Some(master) = slots.master_of(slot) {
            return Ok(master.clone());
        }
        self.ask_once_since(Instant::now()).await?;
        let slots = self.state().slots.clone();
        let master = slots.master_of(slot).cloned();
        // As the servers say when it is so.
        master.ok_or_else(|| {
            (
                ErrorKind::ClusterConnectionNotFound,
                "no master has the slot",
            )
                .into()
        })
    }

    async fn masters(self: &Arc<Self>) -> RedisResult<Vec<Address>> {
        if self.state().slots.masters().is_empty() {
            self.ask_once_since(Instant::now()).await?;
        }
        Ok(self.state().slots.masters())
    }

    /// The connection to a node, or the way to make it.
    fn line(&self, address: &Address) -> RedisResult<Arc<Line>> {
        let mut state = self.state();
        if let Some(line) = state.lines.get(address) {
            return Ok(line.clone());
        }
        let client = Client::open(self.info(address)?)?;
        let line = Arc::new(Line::to_server(client, self.limits));
        state.lines.insert(address.clone(), line.clone());
        Ok(line)
    }

    /// How to connect to a node: as to the first one, but there.
    fn info(&self, (host, port): &Address) -> RedisResult<ConnectionInfo> {
        let (host, port) = (host.clone(), *port);
        let first = self.seeds.first();
        let first = first.ok_or_else(|| unexpected("a cluster without a node"))?;
        let mut address = first.addr().clone();
        match &mut address {
            ConnectionAddr::TcpTls {
                host: its_host,
                port: its_port,
                ..
            } => (*its_host, *its_port) = (host, port),
            _ => address = ConnectionAddr::Tcp(host, port),
        }
        Ok(first.clone().set_addr(address))
    }

    /// Asks where the slots are, beside whatever else is done, unless somebody did after that moment.
    fn ask_again(self: &Arc<Self>, since: Instant) {
        let is_known = self.state().asked.is_some_and(|asked| asked > since);
        if is_known || self.asking.try_lock().is_err() {
            return;
        }
        let shared = self.clone();
        // The outcome is there for the next operation, or there is none.
        tokio::spawn(async move { shared.ask_once_since(since).await });
    }

    /// Asks all nodes where the slots are, unless somebody did after that moment, and takes the first answer.
    async fn ask_once_since(&self, since: Instant) -> RedisResult<()> {
        let _turn = self.asking.lock().await;
        if self.state().asked.is_some_and(|asked| asked > since) {
            return Ok(());
        }
        let asked = Instant::now();
        let nodes = self.known_nodes();
        if nodes.is_empty() {
            return Err(unexpected("a cluster without a node"));
        }
        let answers = nodes.iter().map(|node| Box::pin(self.ask(node)));
        let (slots, _others) = select_ok(answers).await?;
        let masters = slots.masters();
        let mut state = self.state();
        state.slots = Arc::new(slots);
        state.asked = Some(asked);
        state.lines.retain(|address, _| masters.contains(address));
        Ok(())
    }

    async fn ask(&self, node: &Address) -> RedisResult<Slots> {
        let mut question = cmd("CLUSTER");
        let answer = self.line(node)?.send(question.arg("SLOTS")).await?;
        let slots = Slots::parse(answer, node)?;
        match slots.masters().is_empty() {
            // It has not met the others.
            true => Err((ErrorKind::ClusterConnectionNotFound, "a node without slots").into()),
            false => Ok(slots),
        }
    }

    fn known_nodes(&self) -> Vec<Address> {
        let mut nodes = self.state().slots.masters();
        for seed in &self.seeds {
            let address = match seed.addr() {
                ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                    (host.clone(), *port)
                }
                _ => continue,
            };
            if !nodes.contains(&address) {
                nodes.push(address);
            }
        }
        nodes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever holds the lock only assigns: nothing is half done after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the command certainly did nothing, so that it may be sent again.
fn had_no_effect(error: &RedisError) -> bool {
    use ServerErrorKind as S;
    matches!(
        error.kind(),
        ErrorKind::Server(
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

fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_PAUSE)
}
