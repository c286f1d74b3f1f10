//! Servers, and stores that a test has for itself.

use std::fmt::{Debug, Write};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use session::store::StoreError;
use session_sqlx::TableName;
use tracing::field::Field;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// A store with a table of its own in a database, for one test.
#[derive(Clone)]
pub(crate) struct Fixture<S, P> {
    pub(crate) store: S,
    /// Connections to the same database.
    pub(crate) pool: P,
}

/// Runs a test, and then `tear_down`, whether the test succeeded or not.
pub(crate) async fn tested(test: impl Future<Output = ()>, tear_down: impl Future<Output = ()>) {
    let mut test = pin!(test);
    let outcome = poll_fn(|context| {
        let poll = AssertUnwindSafe(|| test.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    let outcome = outcome.await;
    tear_down.await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// The URL of a database on a server, where the tests make tables of their own.
///
/// Without one the test fails: a test that is left out looks as if it had passed.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "the environment variable `{variable}` is missing: it is the URL of a database on a \
             server to test with, of a user who may create tables and databases"
        )
    })
}

/// A name that no other test uses, in this run or in another one at the same time.
pub(crate) fn unique_table() -> TableName {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let process = std::process::id();
    let name = format!("test_{process}_{n}_{}", now.as_micros());
    name.parse().unwrap()
}

/// Everything that a log could show of an error.
pub(crate) fn printed(error: &StoreError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

/// How many statements `sqlx` has run on a table so far, as it logs them; from the first call on.
pub(crate) fn statements_on(table: &TableName) -> usize {
    static LOG: LazyLock<StatementLog> = LazyLock::new(|| {
        let log = StatementLog::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        tracing::subscriber::set_global_default(subscriber).expect("there is no other one");
        log
    });
    let statements = LOG.0.lock().expect("no thread panicked");
    let on_table = |statement: &&String| statement.contains(table.as_str());
    statements.iter().filter(on_table).count()
}

#[derive(Clone, Default)]
struct StatementLog(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for StatementLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = String::new();
        event.record(&mut |_: &Field, value: &dyn Debug| text += &format!("{value:?} "));
        self.0.lock().expect("no thread panicked").push(text);
    }
}
