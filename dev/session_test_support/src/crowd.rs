use session::SessionError;
use session::store::StoreErrorKind;
use session::testing::TestApp;

use crate::client::Client;

/// The size of a session of the crowd.
const BYTES: usize = 1_500;

/// More clients than the server has room for.
const MANY: u64 = 20_000;

/// The number of the first client. Other clients have smaller ones.
const FIRST: u64 = 1_000;

/// Clients with one visit each, until the server refused one.
#[derive(Debug)]
pub struct Crowd {
    clients: Vec<Client>,
    refused: SessionError,
}

impl Crowd {
    /// Starts sessions until the server is full.
    ///
    /// Expects that it refuses other ones too, with the same error, and keeps those that it has.
    pub async fn fill(app: &TestApp) -> Self {
        let crowd = Self::gather(app).await;
        expect_full(&crowd.refused);
        expect_others_refused(app).await;
        crowd.expect_kept().await;
        crowd
    }

    /// Starts sessions until the server refuses one, for any reason.
    pub async fn gather(app: &TestApp) -> Self {
        let mut clients = vec![];
        for number in FIRST..FIRST + MANY {
            let mut client = Client::new(app, number);
            match client.visit_with(BYTES).await {
                Ok(_) => clients.push(client),
                Err(refused) => return Self { clients, refused },
            }
        }
        panic!("{MANY} sessions of {BYTES} bytes do not fill the server");
    }

    /// Expects that each session is as its client left it.
    pub async fn expect_kept(&self) {
        for client in &self.clients {
            let seen = client.look().await.unwrap();
            assert_eq!(seen, Some((client.number, 1)));
        }
    }

    /// Ends half of the sessions.
    pub async fn end_half(&mut self) {
        let half = self.clients.len() / 2;
        for mut client in self.clients.drain(..half) {
            client.leave().await.unwrap();
            assert_eq!(client.look().await.unwrap(), None);
        }
    }

    /// Takes one of the clients.
    pub fn take_one(&mut self) -> Client {
        self.clients.pop().unwrap()
    }
}

/// Starts many sessions at once, and expects the error of a full server for each refused one.
async fn expect_others_refused(app: &TestApp) {
    let requests = (0..100).map(|n| {
        let mut client = Client::new(app, n);
        tokio::spawn(async move { client.visit_with(BYTES).await })
    });
    let requests: Vec<_> = requests.collect();
    for request in requests {
        if let Err(error) = request.await.unwrap() {
            expect_full(&error);
        }
    }
}

/// Expects the error of a full server.
pub fn expect_full(error: &SessionError) {
    let kind = match error {
        SessionError::Store(error) => Some(error.kind()),
        _ => None,
    };
    assert_eq!(kind, Some(StoreErrorKind::Full), "{error:?}");
}

/// Expects that sessions can be started, changed and ended.
pub async fn expect_room(app: &TestApp) {
    for number in 0..100 {
        let mut client = Client::new(app, number);
        assert_eq!(client.visit_with(BYTES).await.unwrap(), 1);
        assert_eq!(client.visit().await.unwrap(), 2);
        client.leave().await.unwrap();
        assert_eq!(client.look().await.unwrap(), None);
    }
}
