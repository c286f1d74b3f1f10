//! Stores that a test has for itself, and the statements that they run.

use std::error::Error;
use std::fmt::{Debug, Write};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use session_sqlx::TableName;
use tracing::field::{Field, Visit};
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

/// Returns the URL of a database on a server, where the tests make tables of their own.
///
/// Fails the test if it is missing: a test that is left out looks as if it had passed.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "the environment variable `{variable}` is missing: set it to the URL of a database for \
             tests, with a user that may create tables"
        )
    })
}

/// Returns a name that no other test uses, in this run or in another one at the same time.
pub(crate) fn unique_table() -> TableName {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let process = std::process::id();
    let name = format!("test_{process}_{n}_{}", now.as_micros());
    name.parse().unwrap()
}

/// Returns all that a log could show of an error.
pub(crate) fn printed(error: &(impl Error + 'static)) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

/// Returns the statements that `sqlx` has run on a table, as it logs them, from the first call on.
pub(crate) fn statements_on(table: &TableName) -> Vec<String> {
    static LOG: LazyLock<StatementLog> = LazyLock::new(|| {
        let log = StatementLog::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        tracing::subscriber::set_global_default(subscriber).expect("this is the only one");
        log
    });
    let statements = LOG.0.lock().expect("no thread panicked");
    let on_table = |statement: &&String| statement.contains(table.as_str());
    statements.iter().filter(on_table).cloned().collect()
}

#[derive(Clone, Default)]
struct StatementLog(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for StatementLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        self.0.lock().expect("no thread panicked").push(statement.0);
    }
}

/// The statement of an event.
#[derive(Default)]
struct Statement(String);

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        // The summary comes first. It is the whole of a short statement, which is not repeated.
        let is_statement = ["summary", "db.statement"].contains(&field.name());
        if is_statement && !value.is_empty() {
            self.0 = value.trim().to_owned();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
