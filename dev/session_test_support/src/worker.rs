use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session::SessionError;
use session::testing::TestApp;

use crate::answer::{Answer, Outcome};
use crate::client::Client;
use crate::ledger::Entry;

/// The number of visits of a session.
const VISITS: u32 = 8;

/// The pause between a failed request and the next one.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest time after which a client hangs up, in microseconds.
const PATIENCE_MICROS: u32 = 20_000;

/// The state that the clients of a load share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) answers: Mutex<Vec<Answer>>,
    pub(crate) finish: AtomicBool,
    pub(crate) hang_up: AtomicBool,
}

/// The task of one client.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) app: TestApp,
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
}

impl Worker {
    pub(crate) async fn run(self) -> Vec<Entry> {
        let mut entries = vec![];
        while !self.is_finished() {
            let number = self.index * 1_000_000 + entries.len();
            let client = Client::new(&self.app, u64::try_from(number).unwrap());
            entries.push(self.use_session(client).await);
        }
        entries
    }

    /// Starts a session, uses it, and ends it if its number is even. The end of the load cuts it
    /// short.
    async fn use_session(&self, mut client: Client) -> Entry {
        let mut entry = Entry::new(&client);
        for _ in 0..VISITS {
            self.visit(&mut client, &mut entry).await;
        }
        if client.number.is_multiple_of(2) {
            self.leave(&mut client, &mut entry).await;
        }
        entry
    }

    /// Tries to visit until a visit is acknowledged.
    async fn visit(&self, client: &mut Client, entry: &mut Entry) {
        while !self.is_finished() {
            entry.visiting();
            if let Some(visit) = self.request(client.visit()).await {
                return entry.visited(client, visit);
            }
        }
    }

    /// Tries to end the session until the end is acknowledged.
    async fn leave(&self, client: &mut Client, entry: &mut Entry) {
        while !self.is_finished() {
            entry.leaving();
            if self.request(client.leave()).await.is_some() {
                return entry.left();
            }
        }
    }

    async fn request<T>(
        &self,
        request: impl Future<Output = Result<T, SessionError>>,
    ) -> Option<T> {
        let begun = Instant::now();
        let answer = match self.patience() {
            None => Some(request.await),
            Some(patience) => tokio::time::timeout(patience, request).await.ok(),
        };
        let took = begun.elapsed();
        let end = Answer {
            client: self.index,
            begun,
            took,
            outcome: Outcome::of(&answer),
        };
        self.shared.answers.lock().unwrap().push(end);
        if end.has_failed() {
            tokio::time::sleep(PAUSE).await;
        }
        answer?.ok()
    }

    /// The time after which the client hangs up, or `None` if it waits for the answer.
    fn patience(&self) -> Option<Duration> {
        let random = getrandom::u32().unwrap();
        let hangs_up = self.shared.hang_up.load(Ordering::SeqCst) && random.is_multiple_of(2);
        let micros = random / 2 % PATIENCE_MICROS;
        hangs_up.then(|| Duration::from_micros(micros.into()))
    }

    fn is_finished(&self) -> bool {
        self.shared.finish.load(Ordering::SeqCst)
    }
}
