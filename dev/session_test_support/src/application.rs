use std::time::Duration;

use session::testing::TestApp;
use session::{SessionConfig, SessionStore};

/// The time limit of a store operation in an [`app`].
pub const LIMIT: Duration = Duration::from_secs(2);

/// The time added to a limit for a slow machine.
pub const MARGIN: Duration = Duration::from_secs(1);

/// Creates an application whose store operations end within [`LIMIT`].
pub fn app(store: impl Into<SessionStore>) -> TestApp {
    app_with_limit(store, LIMIT)
}

/// Creates an application with this time limit of a store operation.
pub fn app_with_limit(store: impl Into<SessionStore>, limit: Duration) -> TestApp {
    let mut config = SessionConfig::default();
    config.store.timeout = limit;
    TestApp::with_config(store, &config).unwrap()
}
