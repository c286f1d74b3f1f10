//! The contract on SQLite, in a file and in memory.

mod in_a_file {
    use session_conformance::Fixture;
    use session_sqlx::sqlite::SqliteSessionStore;

    async fn subject() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteSessionStore::open(folder.path().join("sessions.db"));
        let store = store.await.unwrap();
        Fixture::from(store.clone()).with_tear_down(async move {
            store.close().await;
            drop(folder);
        })
    }

    session_conformance::test_suite!(subject().await);
}

mod in_memory {
    use session_sqlx::sqlite::SqliteSessionStore;

    session_conformance::test_suite!(SqliteSessionStore::in_memory().await.unwrap());
}

mod in_a_pool_of_the_application {
    use session_conformance::Fixture;
    use session_sqlx::sqlite::connect_options;

    use super::super::server;

    async fn subject() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let fixture = server::fixture(connect_options(folder.path().join("app.db"))).await;
        fixture.store.migrate().await.unwrap();
        Fixture::from(fixture.store).with_tear_down(async move {
            fixture.pool.close().await;
            drop(folder);
        })
    }

    session_conformance::test_suite!(subject().await);
}

mod in_a_pool_in_memory {
    use session_sqlx::sqlite::SqliteSessionStore;
    use sqlx::sqlite::SqlitePoolOptions;

    async fn subject() -> SqliteSessionStore {
        let options = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let pool = options.connect("sqlite::memory:").await.unwrap();
        let store = SqliteSessionStore::new(pool);
        store.migrate().await.unwrap();
        store
    }

    session_conformance::test_suite!(subject().await);
}
