use crate::support::{Fixture, url};

async fn fixture() -> Fixture {
    Fixture::on(&url("SESSION_TEST_REDIS_URL")).await
}

mod conformance {
    session_conformance::test_suite!(super::fixture().await);
}

/// With a connection that the application manages.
mod managed {
    use session_redis::RedisSessionStore;

    use crate::support::{Fixture, unique_prefix, url};

    async fn fixture() -> Fixture {
        let url = url("SESSION_TEST_REDIS_URL");
        let client = redis::Client::open(url.as_str()).unwrap();
        let manager = client.get_connection_manager().await.unwrap();
        let store = RedisSessionStore::new(manager).await.unwrap();
        Fixture {
            store: store.with_prefix(&unique_prefix()),
            ..Fixture::on(&url).await
        }
    }

    session_conformance::test_suite!(fixture().await);
}

mod facts {
    crate::facts::facts!();
}

mod index {
    crate::index::facts!();
}

mod interleavings {
    crate::interleavings::facts!();
}
