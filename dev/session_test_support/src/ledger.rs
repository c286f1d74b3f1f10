use session::SessionId;
use session::testing::TestApp;

use crate::client::Client;

/// The requests of one session, as its client saw them.
#[derive(Debug)]
pub(crate) struct Entry {
    client: Client,
    /// The session, once the client has its cookie.
    id: Option<SessionId>,
    /// The number of visits that were tried.
    attempts: u64,
    /// The number of visits that were acknowledged.
    acknowledged: u64,
    /// The number that the last acknowledged visit returned.
    last: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    NotRequested,
    /// It may have taken effect.
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
            end: End::NotRequested,
        }
    }

    /// Records the start of a visit.
    pub(crate) fn visiting(&mut self) {
        self.attempts += 1;
    }

    /// Records that a visit was acknowledged.
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

    /// Records that the end of the session was requested.
    pub(crate) fn leaving(&mut self) {
        self.end = End::Unknown;
    }

    /// Records that the end of the session was acknowledged.
    pub(crate) fn left(&mut self) {
        self.end = End::Acknowledged;
    }

    /// The number of acknowledged visits.
    pub(crate) fn visits(&self) -> u64 {
        self.acknowledged
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.end == End::Acknowledged
    }

    /// Compares the entry with the stored session.
    pub(crate) async fn check(&self, app: &TestApp) {
        let number = self.client.number;
        match (self.client.look().await.unwrap(), self.end) {
            (None, End::NotRequested) => assert_eq!(self.id, None, "session {number} is lost"),
            (None, _) => self.expect_no_record(app).await,
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

    async fn expect_no_record(&self, app: &TestApp) {
        if let Some(id) = self.id {
            let backend = app.store.backend().expect("the store has records");
            assert_eq!(backend.load(id).await.unwrap(), None);
        }
    }
}
