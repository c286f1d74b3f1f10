//! The statements of a store, as the driver logs them.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use session::StoreError;
use session::store::{Page, SessionStorageBackend};
use session_conformance::{RecordBuilder, after, principal};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::harness::extension;

/// One statement for each operation.
pub(crate) struct Statements {
    pub(crate) create: String,
    pub(crate) load: String,
    pub(crate) replace: String,
    pub(crate) touch: String,
    pub(crate) delete: String,
    pub(crate) delete_expired: String,
    pub(crate) sessions_of: String,
    pub(crate) delete_all_of: String,
}

/// Runs each operation once on an empty store, which is empty again afterwards.
pub(crate) async fn statements(store: &impl SessionStorageBackend) -> Statements {
    let log = StatementLog::start();
    let record = RecordBuilder::complete(1).revision(1).build();
    let newer = RecordBuilder::from(record.clone()).revision(2).build();
    let nobody = &principal("nobody");
    let statements = Statements {
        create: log.last(store.create(&record)).await,
        load: log.last(store.load(record.id)).await,
        replace: log.last(store.replace(&newer, record.revision)).await,
        touch: log
            .last(store.touch(record.id, &record.secret, extension()))
            .await,
        delete_expired: {
            let before = after(0);
            log.last(store.delete_expired(before, NonZeroU32::MIN))
                .await
        },
        sessions_of: log.last(store.sessions_of(nobody, Page::ALL)).await,
        delete_all_of: log.last(store.delete_all_of(nobody, None)).await,
        delete: log.last(store.delete(record.id, None)).await,
    };
    log.stop();
    statements
}

#[derive(Clone, Default)]
struct StatementLog {
    is_on: Arc<AtomicBool>,
    statements: Arc<Mutex<Vec<String>>>,
}

impl StatementLog {
    fn start() -> Self {
        static LOG: std::sync::LazyLock<StatementLog> = std::sync::LazyLock::new(|| {
            let log = StatementLog::default();
            let subscriber = tracing_subscriber::registry().with(log.clone());
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        });
        LOG.is_on.store(true, Ordering::Relaxed);
        LOG.clone()
    }

    fn stop(&self) {
        self.is_on.store(false, Ordering::Relaxed);
    }

    /// Returns the statement that an operation runs.
    async fn last<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> String {
        let before = self.statements.lock().unwrap().len();
        operation.await.map(drop).unwrap();
        // A thread of its own runs the statements of SQLite, and may log one a moment later.
        loop {
            if let Some(statement) = self.statements.lock().unwrap().get(before) {
                return statement.clone();
            }
            tokio::task::yield_now().await;
        }
    }
}

impl<S: Subscriber> Layer<S> for StatementLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query" && self.is_on.load(Ordering::Relaxed)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        self.statements.lock().unwrap().push(statement.0);
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
