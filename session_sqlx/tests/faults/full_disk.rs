//! A disk that is full, and later has room again.

use session_test_support::{Crowd, alone, app, expect_room};

#[cfg(feature = "sqlite")]
mod sqlite {
    use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
    use sqlx::sqlite::SqlitePoolOptions;
    use test_servers::SmallDisk;

    use super::*;
    use crate::databases::sqlite::open;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_is_a_typed_error_until_there_is_room() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(8).unwrap();
        if !disk.has_a_path_without_links() {
            eprintln!("left out without root: SQLite on a full disk; a full file stands for it");
            return;
        }
        let app = app(open(disk.path()).await);
        disk.fill().unwrap();
        let crowd = Crowd::fill(&app).await;
        disk.make_room().unwrap();
        expect_room(&app).await;
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
        let app = app(store);
        let mut crowd = Crowd::fill(&app).await;
        crowd.end_half().await;
        expect_room(&app).await;
        crowd.expect_kept().await;
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use session_test_support::{Client, LIMIT, MARGIN};
    use test_servers::{Database, Setup, SmallDisk};

    use super::*;
    use crate::databases::postgres::Site;

    const CONNECTIONS: u32 = 4;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_is_a_typed_error_until_there_is_room() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(8).unwrap();
        let site = with_tables_on(&disk).await;
        let app = app(site.store().await);
        disk.fill().unwrap();
        let crowd = Crowd::fill(&app).await;
        disk.make_room().unwrap();
        expect_room(&app).await;
        crowd.expect_kept().await;
    }

    /// Postgres ends if it has no room for its write-ahead log.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_full_disk_that_ends_the_server_loses_nothing() {
        let _alone = alone().await;
        let disk = SmallDisk::mount(96).unwrap();
        let server = Setup::of(Database::Postgres).on(&disk).start().unwrap();
        let mut site = Site::on(server, CONNECTIONS).await;
        let app = app(site.store().await);
        disk.fill().unwrap();
        let crowd = Crowd::gather(&app).await;
        let mut client = Client::new(&app, 1);
        let late = tokio::time::timeout(LIMIT + MARGIN, client.visit()).await;
        assert!(late.expect("in time").is_err());
        disk.make_room().unwrap();
        site.server.kill().unwrap();
        tokio::task::block_in_place(|| site.server.restart()).unwrap();
        crowd.expect_kept().await;
        expect_room(&app).await;
    }

    /// Starts a server with its tables on the disk. Its write-ahead log is on another disk.
    async fn with_tables_on(disk: &SmallDisk) -> Site {
        let folder = disk.path().join("tables");
        std::fs::create_dir(&folder).unwrap();
        let site = Site::durable(1).await;
        site.server.chown_to(&folder).unwrap();
        let folder = folder.display();
        let create = format!("CREATE TABLESPACE small LOCATION '{folder}'");
        site.execute(&create).await;
        // It applies to new connections.
        let set = "ALTER ROLE test SET default_tablespace = small";
        site.execute(set).await;
        Site::on(site.server, CONNECTIONS).await
    }
}
