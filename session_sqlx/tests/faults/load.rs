use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session::SessionError;
use session::store::StoreErrorKind;
use session::testing::TestApp;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::ledger::Entry;

/// Clients that go on until they are told to finish: each begins sessions, visits, and leaves every
/// other one.
pub(crate) struct Load {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Vec<Entry>>>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<Vec<Answer>>,
    finish: AtomicBool,
    hang_up: AtomicBool,
}

/// What came of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) client: usize,
    pub(crate) begun: Instant,
    pub(crate) took: Duration,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Good,
    Failed(Option<StoreErrorKind>),
    /// The client hung up.
    Dropped,
}

/// How many visits a session has.
const VISITS: u32 = 8;

/// Between a failed request and the next one.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest patience of a client that hangs up.
const PATIENCE_MICROS: u32 = 20_000;

impl Load {
    pub(crate) fn start(app: &TestApp, clients: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let task = |index| {
            let worker = Worker {
                app: app.clone(),
                shared: shared.clone(),
                index,
            };
            tokio::spawn(worker.run())
        };
        Self {
            tasks: (0..clients).map(task).collect(),
            shared,
        }
    }

    pub(crate) fn clients(&self) -> usize {
        self.tasks.len()
    }

    /// Whether clients drop half of their requests after 0 to 20 ms.
    pub(crate) fn hang_up(&self, on: bool) {
        self.shared.hang_up.store(on, Ordering::SeqCst);
    }

    /// The requests that ended so far.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.shared.answers.lock().unwrap().clone()
    }

    /// Waits until each client got a good answer to a request that it began after that moment.
    pub(crate) async fn all_are_served_since(&self, moment: Instant) {
        let mut waits_for: Vec<_> = (0..self.clients()).collect();
        while !waits_for.is_empty() {
            assert!(
                self.tasks.iter().all(|task| !task.is_finished()),
                "a client gave up"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
            for answer in self.answers().iter().rev() {
                if answer.begun > moment && answer.outcome == Outcome::Good {
                    waits_for.retain(|client| *client != answer.client);
                }
            }
        }
    }

    /// Returns what the clients know of their sessions, and all answers.
    pub(crate) async fn finish(self) -> (Vec<Entry>, Vec<Answer>) {
        self.shared.finish.store(true, Ordering::SeqCst);
        let mut entries = vec![];
        for task in self.tasks {
            match task.await {
                Ok(more) => entries.extend(more),
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
            }
        }
        let answers = std::mem::take(&mut *self.shared.answers.lock().unwrap());
        (entries, answers)
    }
}

struct Worker {
    app: TestApp,
    shared: Arc<Shared>,
    index: usize,
}

impl Worker {
    async fn run(self) -> Vec<Entry> {
        let mut entries = vec![];
        while !self.is_to_finish() {
            let number = self.index * 1_000_000 + entries.len();
            let client = Client::new(&self.app, u64::try_from(number).unwrap());
            entries.push(self.session(client).await);
        }
        entries
    }

    /// The life of a session; cut short at the end of the test.
    async fn session(&self, mut client: Client) -> Entry {
        let mut entry = Entry::new(&client);
        for _ in 0..VISITS {
            while !self.is_to_finish() {
                entry.visiting();
                if let Some(visit) = self.request(client.visit()).await {
                    entry.visited(&client, visit);
                    break;
                }
            }
        }
        if client.number.is_multiple_of(2) {
            while !self.is_to_finish() {
                entry.leaving();
                if self.request(client.leave()).await.is_some() {
                    entry.left();
                    break;
                }
            }
        }
        entry
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
        let outcome = match &answer {
            None => Outcome::Dropped,
            Some(Ok(_)) => Outcome::Good,
            Some(Err(SessionError::Store(error))) => Outcome::Failed(Some(error.kind())),
            Some(Err(_)) => Outcome::Failed(None),
        };
        self.shared.answers.lock().unwrap().push(Answer {
            client: self.index,
            begun,
            took: begun.elapsed(),
            outcome,
        });
        if matches!(outcome, Outcome::Failed(_)) {
            tokio::time::sleep(PAUSE).await;
        }
        answer?.ok()
    }

    /// How long the client waits for the next answer, unless it waits for as long as it takes.
    fn patience(&self) -> Option<Duration> {
        let random = getrandom::u32().unwrap();
        let hangs_up = self.shared.hang_up.load(Ordering::SeqCst) && random.is_multiple_of(2);
        let micros = random / 2 % PATIENCE_MICROS;
        hangs_up.then(|| Duration::from_micros(micros.into()))
    }

    fn is_to_finish(&self) -> bool {
        self.shared.finish.load(Ordering::SeqCst)
    }
}

/// That each failure is of a kind that a dead server may cause, and none took longer than that.
pub(crate) fn expect_typed_and_timely(answers: &[Answer], longest: Duration) {
    for answer in answers {
        assert!(answer.took <= longest, "too late: {answer:?}");
        if let Outcome::Failed(kind) = answer.outcome {
            let kinds = [StoreErrorKind::Timeout, StoreErrorKind::Unavailable];
            assert!(
                kind.is_some_and(|kind| kinds.contains(&kind)),
                "another error: {answer:?}"
            );
        }
    }
}

/// One line for who runs a test with `--nocapture`.
pub(crate) fn summary(answers: &[Answer]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| {
        let outcomes = answers.iter().map(|answer| answer.outcome);
        outcomes.filter(wanted).count()
    };
    format!(
        "{} good, {} failed, {} dropped; the longest took {:.2?}",
        count(|outcome| *outcome == Outcome::Good),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| *outcome == Outcome::Dropped),
        answers.iter().map(|answer| answer.took).max()
    )
}
