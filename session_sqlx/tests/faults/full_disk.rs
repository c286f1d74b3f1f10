//! The disk is full, and later it is not.

use session::SessionError;
use session::store::StoreErrorKind;
use session::testing::TestApp;

use crate::client::Client;
use crate::databases::{LIMIT, app};

/// What a client keeps in its session, so that the disk is full soon.
const BYTES: usize = 1_500;

/// More clients than the disk has room for.
const MANY: u64 = 20_000;

/// Clients that got in, with how often they visited, until one did not.
struct Crowd {
    clients: Vec<Client>,
    refused: SessionError,
}

impl Crowd {
    async fn gather(app: &TestApp, first: u64) -> Self {
        let mut clients = vec![];
        for number in first..first + MANY {
            let mut client = Client::new(app, number);
            match client.visit_with(BYTES).await {
                Ok(_) => clients.push(client),
                Err(refused) => return Self { clients, refused },
            }
        }
        panic!("{MANY} sessions of {BYTES} bytes do not fill the disk");
    }

    fn expect_full(&self) {
        is_full(&self.refused);
    }

    /// Each session is there, as it was left.
    async fn expect_kept(&self) {
        for client in &self.clients {
            let seen = client.look().await.unwrap();
            assert_eq!(seen, Some((client.number, 1)));
        }
    }
}

fn is_full(error: &SessionError) {
    let kind = match error {
        SessionError::Store(error) => Some(error.kind()),
        _ => None,
    };
    assert_eq!(kind, Some(StoreErrorKind::Full), "{error:?}");
}

/// Many at once are refused, each with the same error.
async fn a_crowd_is_refused(app: &TestApp) {
    let requests = (0..100).map(|n| {
        let mut client = Client::new(app, n);
        tokio::spawn(async move { client.visit_with(BYTES).await })
    });
    let requests: Vec<_> = requests.collect();
    for request in requests {
        if let Err(error) = request.await.unwrap() {
            is_full(&error);
        }
    }
}

/// New sessions can be started, and changed, and ended.
async fn expect_all_is_well(app: &TestApp) {
    for number in 0..100 {
        let mut client = Client::new(app, number);
        assert_eq!(client.visit_with(BYTES).await.unwrap(), 1);
        assert_eq!(client.visit().await.unwrap(), 2);
        client.leave().await.unwrap();
        assert_eq!(client.look().await.unwrap(), None);
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
    use sqlx::sqlite::SqlitePoolOptions;
    use test_servers::SmallDisk;

    use super::*;
    use crate::alone::alone;
    use crate::databases::sqlite::open;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_is_a_typed_error_until_there_is_room() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(8).unwrap();
        if !disk.has_a_path_without_links() {
            eprintln!("left out without root: SQLite on a full disk; a full file stands for it");
            return;
        }
        let app = app(open(disk.path()).await, LIMIT);
        let ballast = disk.fill().unwrap();
        let crowd = Crowd::gather(&app, 1_000).await;
        crowd.expect_full();
        a_crowd_is_refused(&app).await;
        crowd.expect_kept().await;
        std::fs::remove_file(ballast).unwrap();
        expect_all_is_well(&app).await;
        crowd.expect_kept().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_file_is_a_typed_error_until_sessions_end() {
        let _alone = alone().await;
        let folder = tempfile::tempdir().unwrap();
        let options = connect_options(folder.path().join("app.db"));
        let pool = SqlitePoolOptions::new().max_connections(2);
        let pool = pool.connect_with(options.pragma("max_page_count", "500"));
        let store = SqliteSessionStore::new(pool.await.unwrap());
        store.migrate().await.unwrap();
        let app = app(store.into(), LIMIT);
        let mut crowd = Crowd::gather(&app, 1_000).await;
        crowd.expect_full();
        a_crowd_is_refused(&app).await;
        crowd.expect_kept().await;
        let some = crowd.clients.len() / 2;
        for mut client in crowd.clients.drain(..some) {
            client.leave().await.unwrap();
        }
        expect_all_is_well(&app).await;
        crowd.expect_kept().await;
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use test_servers::{Database, Server, Setup, SmallDisk};

    use super::*;
    use crate::alone::alone;
    use crate::databases::MARGIN;
    use crate::databases::postgres::Site;

    const CONNECTIONS: u32 = 4;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_is_a_typed_error_until_there_is_room() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(8).unwrap();
        let site = with_tables_on(&disk).await;
        let app = app(site.store().await, LIMIT);
        let ballast = disk.fill().unwrap();
        let crowd = Crowd::gather(&app, 1_000).await;
        crowd.expect_full();
        a_crowd_is_refused(&app).await;
        crowd.expect_kept().await;
        std::fs::remove_file(ballast).unwrap();
        expect_all_is_well(&app).await;
        crowd.expect_kept().await;
    }

    /// Without room for its write-ahead log, Postgres ends.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_that_ends_the_server_loses_nothing() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(96).unwrap();
        let server = Setup::of(Database::Postgres).on(&disk).start().unwrap();
        let mut site = Site::on(server, CONNECTIONS).await;
        let app = app(site.store().await, LIMIT);
        let ballast = disk.fill().unwrap();
        let crowd = Crowd::gather(&app, 1_000).await;
        let mut client = Client::new(&app, 1);
        let late = tokio::time::timeout(LIMIT + MARGIN, client.visit()).await;
        assert!(late.expect("it is answered in time").is_err());
        std::fs::remove_file(ballast).unwrap();
        start_again(&mut site.server);
        crowd.expect_kept().await;
        expect_all_is_well(&app).await;
    }

    fn start_again(server: &mut Server) {
        server.kill().unwrap();
        tokio::task::block_in_place(|| server.restart()).unwrap();
    }

    /// The write-ahead log is elsewhere.
    async fn with_tables_on(disk: &SmallDisk) -> Site {
        let folder = disk.path().join("tables");
        std::fs::create_dir(&folder).unwrap();
        let site = Site::durable(1).await;
        site.server.give(&folder).unwrap();
        let folder = folder.display();
        let create = format!("CREATE TABLESPACE small LOCATION '{folder}'");
        site.execute(&create).await;
        // For connections from now on.
        let set = "ALTER ROLE test SET default_tablespace = small";
        site.execute(set).await;
        Site::on(site.server, CONNECTIONS).await
    }
}
