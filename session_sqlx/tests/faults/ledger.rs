use session::SessionId;
use session::testing::TestApp;

use crate::client::Client;

/// What a client knows of its session.
pub(crate) struct Entry {
    client: Client,
    /// The session, once the client has its cookie.
    id: Option<SessionId>,
    /// How many visits were tried.
    attempts: u64,
    /// How many of them were acknowledged.
    acknowledged: u64,
    /// The number of the last one that was.
    last: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    NotAskedFor,
    /// It may have taken place.
    Unknown,
    Acknowledged,
}

impl Entry {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            id: None,
            attempts: 0,
            acknowledged: 0,
            last: 0,
            end: End::NotAskedFor,
        }
    }

    pub(crate) fn visiting(&mut self) {
        self.attempts += 1;
    }

    pub(crate) fn visited(&mut self, client: &Client, visit: u64) {
        self.acknowledged += 1;
        let number = client.number;
        assert!(visit > self.last, "session {number} lost a visit");
        assert!(visit >= self.acknowledged, "session {number} lost visits");
        assert!(visit <= self.attempts, "session {number} counted twice");
        self.last = visit;
        self.id = client.browser.request().id();
        self.client = client.clone();
    }

    pub(crate) fn leaving(&mut self) {
        self.end = End::Unknown;
    }

    pub(crate) fn left(&mut self) {
        self.end = End::Acknowledged;
    }

    /// Compares what the client knows with what is stored.
    async fn check(&self, app: &TestApp) {
        let number = self.client.number;
        match (self.client.look().await.unwrap(), self.end) {
            (None, End::NotAskedFor) => assert_eq!(self.id, None, "session {number} is lost"),
            (None, _) => self.is_nowhere(app).await,
            (Some(_), End::Acknowledged) => panic!("session {number} came back"),
            (Some((owner, visits)), _) => {
                assert_eq!(owner, number);
                let possible = self.last.max(self.acknowledged)..=self.attempts;
                assert!(
                    possible.contains(&visits),
                    "{number}: {visits} {possible:?}"
                );
            }
        }
    }

    async fn is_nowhere(&self, app: &TestApp) {
        if let Some(id) = self.id {
            let backend = app.store.backend().expect("the store has records");
            assert_eq!(backend.load(id).await.unwrap(), None);
        }
    }
}

/// Compares all of them; returns how many acknowledged visits and ends that were.
pub(crate) async fn check_all(app: &TestApp, entries: &[Entry]) -> (u64, usize) {
    for entry in entries {
        entry.check(app).await;
    }
    let visits = entries.iter().map(|entry| entry.acknowledged).sum();
    let ended = |entry: &&Entry| entry.end == End::Acknowledged;
    (visits, entries.iter().filter(ended).count())
}
