//! The memory is full, and later it is not.

use session::SessionError;
use session::store::StoreErrorKind;
use session::testing::TestApp;
use test_servers::{Database, Setup};

use crate::alone::alone;
use crate::client::Client;
use crate::site::{app, ask, store_at};

/// What a client keeps in its session, so that the memory is full soon.
const BYTES: usize = 1_500;

/// More clients than there is memory for.
const MANY: u64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_memory_is_a_typed_error_until_there_is_room() {
    let _alone = alone().await;
    let setup = Setup::of(Database::Redis).without_durability();
    let setup = setup.with("maxmemory-policy noeviction");
    let server = setup.with("maxmemory 6mb").start().unwrap();
    let app = app(store_at(&server.url()).await);
    let (mut clients, refused) = until_refused(&app).await;
    is_full(&refused);
    // Somebody who has a session is refused as well, and it stays as it was.
    while let Ok(visit) = clients[0].visit_with(BYTES).await {
        assert!(visit < 1_000, "a full server takes everything");
    }
    for client in &clients[1..] {
        assert_eq!(client.look().await.unwrap(), Some((client.number, 1)));
    }
    let some = clients.len() / 2;
    for mut client in clients.drain(..some) {
        client.leave().await.unwrap();
        assert_eq!(client.look().await.unwrap(), None);
    }
    let mut client = Client::new(&app, MANY);
    assert_eq!(client.visit_with(BYTES).await.unwrap(), 1);
    assert_eq!(client.visit().await.unwrap(), 2);
    let evicted: String = ask(&server, "INFO stats");
    assert!(evicted.contains("evicted_keys:0\r\n"), "{evicted}");
}

async fn until_refused(app: &TestApp) -> (Vec<Client>, SessionError) {
    let mut clients = vec![];
    for number in 0..MANY {
        let mut client = Client::new(app, number);
        match client.visit_with(BYTES).await {
            Ok(_) => clients.push(client),
            Err(refused) => return (clients, refused),
        }
    }
    panic!("{MANY} sessions of {BYTES} bytes do not fill the memory");
}

fn is_full(error: &SessionError) {
    let kind = match error {
        SessionError::Store(error) => Some(error.kind()),
        _ => None,
    };
    assert_eq!(kind, Some(StoreErrorKind::Full), "{error:?}");
}
