//! The contract on MySQL and MariaDB: at each of the two usual isolation levels, and on connections
//! that commit nothing by themselves.

mod repeatable_read {
    use super::super::server;

    session_conformance::test_suite!(
        super::subject(
            server::fixture("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await
        )
        .await
    );
}

mod read_committed {
    use super::super::server;

    session_conformance::test_suite!(
        super::subject(
            server::fixture("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await
        )
        .await
    );
}

mod without_autocommit {
    use super::super::server;

    session_conformance::test_suite!(
        super::subject(server::fixture("SET SESSION autocommit = 0").await).await
    );
}

use session_conformance::Fixture;

use super::server::{self, MySql};

pub(super) async fn subject(fixture: MySql) -> Fixture {
    fixture.store.migrate().await.unwrap();
    let table = fixture.store.table().clone();
    Fixture::from(fixture.store).with_tear_down(async move {
        fixture.pool.close().await;
        server::drop_table(table).await;
    })
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
