//! The contract on Postgres.

use session_conformance::Fixture;

use super::server::{self, Postgres};

pub(super) fn subject(fixture: Postgres) -> Fixture {
    let table = fixture.store.table().clone();
    Fixture::from(fixture.store).with_tear_down(async move {
        fixture.pool.close().await;
        server::drop_table(table).await;
    })
}

async fn in_a_table() -> Fixture {
    let fixture = server::fixture(server::options()).await;
    fixture.store.migrate().await.unwrap();
    subject(fixture)
}

session_conformance::test_suite!(in_a_table().await);

/// The store runs a statement again after a conflict of serialisable transactions.
mod serialisable {
    use session_conformance::Fixture;

    use super::server;

    async fn subject() -> Fixture {
        let options = server::options();
        let options = options.options([("default_transaction_isolation", "serializable")]);
        let fixture = server::fixture(options).await;
        fixture.store.migrate().await.unwrap();
        super::subject(fixture)
    }

    session_conformance::test_suite!(subject().await);
}

/// With connections that the store opens itself.
mod configured {
    use session_conformance::Fixture;

    use super::server;

    async fn subject() -> Fixture {
        let store = server::configured().await;
        let table = store.table().clone();
        Fixture::from(store).with_tear_down(server::drop_table(table))
    }

    session_conformance::test_suite!(subject().await);
}
