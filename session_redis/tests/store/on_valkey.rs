use crate::support::{Fixture, url};

async fn fixture() -> Fixture {
    Fixture::on(&url("SESSION_TEST_VALKEY_URL")).await
}

mod conformance {
    session_conformance::test_suite!(super::fixture().await);
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
