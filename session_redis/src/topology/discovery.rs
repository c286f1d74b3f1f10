use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use redis::{RedisResult, cmd};
use session::store::within;

use super::failures::{no_master, unexpected};
use super::nodes::Nodes;
use super::server::Address;
use super::shared_attempts::SharedAttempts;
use super::slot_map::SlotMap;

/// The masters of a cluster as its nodes have last reported them.
pub(super) struct Discovery {
    nodes: Nodes,
    known: Mutex<Known>,
    questions: Arc<SharedAttempts>,
}

#[derive(Default)]
struct Known {
    slots: Arc<SlotMap>,
    /// The time at which the question was asked.
    asked: Option<Instant>,
    doubts: Doubts,
}

/// The masters that have refused commands because they are cut off from others, with the time of
/// the last refusal. They still report themselves as masters, while others may have replaced them.
type Doubts = BTreeMap<Address, Instant>;

/// The age at which a doubt is forgotten. A master that is still cut off refuses another command.
const LONGEST_DOUBT: Duration = Duration::from_secs(60);

/// The longest time between two answers of which the first one has a doubted master.
const PATIENCE: Duration = Duration::from_millis(200);

impl Discovery {
    pub(super) fn new(nodes: Nodes) -> Self {
        Self {
            nodes,
            known: Mutex::default(),
            questions: Arc::default(),
        }
    }

    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Returns the master that has the slot. Asks the nodes first if none is known.
    ///
    /// # Errors
    ///
    /// Returns an error if no node answers, or no master has the slot.
    pub(super) async fn master_of(self: &Arc<Self>, slot: u16) -> RedisResult<Address> {
        if let Some(master) = self.slots().master_of(slot) {
            return Ok(master.clone());
        }
        self.ask_unless_done_since(Instant::now()).await?;
        let master = self.slots().master_of(slot).cloned();
        master.ok_or_else(|| no_master("no master has the slot"))
    }

    /// Returns all masters. Asks the nodes first if none is known.
    ///
    /// # Errors
    ///
    /// Returns an error if no node answers.
    pub(super) async fn masters(self: &Arc<Self>) -> RedisResult<Vec<Address>> {
        if self.slots().masters().is_empty() {
            self.ask_unless_done_since(Instant::now()).await?;
        }
        Ok(self.slots().masters())
    }

    /// Doubts a node that has refused a command because it is cut off from others.
    pub(super) fn doubt(&self, master: &Address) {
        self.lock().doubts.insert(master.clone(), Instant::now());
    }

    /// Asks the nodes again in the background, unless they were asked after that time.
    pub(super) fn refresh(self: &Arc<Self>, since: Instant) {
        if self.was_asked_after(since) || self.questions.are_under_way() {
            return;
        }
        let discovery = self.clone();
        // The next operation uses the answer. If there is none, it asks again.
        tokio::spawn(async move { discovery.ask_unless_done_since(since).await });
    }

    /// Asks all nodes and keeps one answer, unless they were asked after that time.
    pub(super) async fn ask_unless_done_since(self: &Arc<Self>, since: Instant) -> RedisResult<()> {
        let is_done = || self.was_asked_after(since).then_some(());
        self.questions.join(is_done, self.clone().update()).await
    }

    fn was_asked_after(&self, time: Instant) -> bool {
        self.lock().asked.is_some_and(|asked| asked > time)
    }

    async fn update(self: Arc<Self>) -> RedisResult<()> {
        let asked = Instant::now();
        let doubts = self.doubts();
        let slots = self.ask_all(&doubts).await?;
        self.nodes.retain(&slots.masters());
        let mut known = self.lock();
        known.slots = Arc::new(slots);
        known.asked = Some(asked);
        Ok(())
    }

    fn doubts(&self) -> Doubts {
        let mut known = self.lock();
        known
            .doubts
            .retain(|_, since| since.elapsed() < LONGEST_DOUBT);
        known.doubts.clone()
    }

    /// Asks all nodes and returns the first answer without a doubted master, or else the one
    /// without those that were doubted last.
    async fn ask_all(&self, doubts: &Doubts) -> RedisResult<SlotMap> {
        let nodes = self.addresses();
        let mut answers: FuturesUnordered<_> = nodes.iter().map(|node| self.ask(node)).collect();
        let mut best = Best::none();
        while let Some(answer) = best.wait_for_better(answers.next()).await {
            best.compare(answer, doubts);
        }
        best.answer
    }

    async fn ask(&self, node: &Address) -> RedisResult<SlotMap> {
        let mut question = cmd("CLUSTER");
        let connection = self.nodes.connection(node)?;
        let answer = connection.send(question.arg("SLOTS")).await?;
        let slots = SlotMap::parse(answer, node)?;
        match slots.masters().is_empty() {
            // The node has not met the others.
            true => Err(no_master("a node without slots")),
            false => Ok(slots),
        }
    }

    /// The addresses of the masters, and of the nodes that are configured.
    fn addresses(&self) -> Vec<Address> {
        let mut addresses = self.slots().masters();
        addresses.extend(self.nodes.seeds());
        addresses.sort();
        addresses.dedup();
        addresses
    }

    fn slots(&self) -> Arc<SlotMap> {
        self.lock().slots.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // A holder of the lock only assigns: nothing is half done after a panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The best answer so far.
struct Best {
    answer: RedisResult<SlotMap>,
    /// The time of the last doubt about one of its masters.
    doubt: Option<Instant>,
}

impl Best {
    fn none() -> Self {
        Self {
            answer: Err(unexpected("a cluster without a node")),
            doubt: None,
        }
    }

    /// Waits for the next answer if it may be better.
    async fn wait_for_better<T>(&self, next: impl Future<Output = Option<T>>) -> Option<T> {
        match (&self.answer, self.doubt) {
            (Ok(_), None) => None,
            (Ok(_), Some(_)) => within(PATIENCE, next).await.flatten(),
            (Err(_), _) => next.await,
        }
    }

    fn compare(&mut self, answer: RedisResult<SlotMap>, doubts: &Doubts) {
        let Ok(slots) = &answer else {
            if self.answer.is_err() {
                self.answer = answer;
            }
            return;
        };
        let masters = slots.masters();
        let doubt = masters
            .iter()
            .filter_map(|it| doubts.get(it))
            .max()
            .copied();
        if self.answer.is_err() || doubt < self.doubt {
            *self = Self { answer, doubt };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use redis::Client;
    use tokio::net::TcpListener;

    use super::super::limits::Limits;
    use super::*;

    fn discovery_of(nodes: impl IntoIterator<Item = Client>, limits: Limits) -> Arc<Discovery> {
        Arc::new(Discovery::new(Nodes::new(nodes, limits)))
    }

    #[test]
    fn a_doubt_ends_after_a_minute() {
        let discovery = discovery_of([], Limits::default());
        let [old, new] = ["old", "new"].map(|host| (host.to_owned(), 6379));
        let long_ago = Instant::now().checked_sub(LONGEST_DOUBT).unwrap();
        discovery.lock().doubts.insert(old, long_ago);
        discovery.doubt(&new);
        assert!(discovery.doubts().keys().eq([&new]));
    }

    #[tokio::test]
    async fn operations_share_a_question_to_a_silent_node() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limit = Duration::from_millis(100);
        let limits = Limits {
            connect: limit,
            respond: limit,
        };
        let node = Client::open(format!("redis://{address}")).unwrap();
        let discovery = discovery_of([node], limits);
        let mut connections = vec![];
        let accept = async {
            loop {
                connections.push(listener.accept().await.unwrap());
            }
        };
        let operations = join_all((0..20).map(|_| discovery.masters()));
        let answers = tokio::select! {
            answers = operations => answers,
            never = accept => never,
        };
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(connections.len(), 1);
    }
}
