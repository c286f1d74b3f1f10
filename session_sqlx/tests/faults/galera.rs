//! Two nodes of a Galera cluster, both of which accept changes.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use session::store::{SessionRecord, SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::TestApp;
use session_conformance::{RecordBuilder, id};
use session_sqlx::SqlSessionConfig;
use session_sqlx::mysql::MySqlSessionStore;
use session_test_support::{CLIENTS, Client, Load, Proxy, alone, app};
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{Connection, Executor, MySqlConnection, MySqlPool, Row};
use test_servers::{Galera, Server};
use tokio::task::{JoinHandle, JoinSet, block_in_place};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

type Found = Result<Option<Arc<SessionRecord>>, StoreError>;

/// The sessions that are changed in parallel, the tabs of each, and the visits of each tab.
const SESSIONS: u64 = 4;
const TABS: u64 = 4;
const VISITS: u64 = 20;

fn start() -> Galera {
    block_in_place(Galera::start).unwrap()
}

async fn configured(url: &str, connections: u32) -> MySqlSessionStore {
    let mut config = SqlSessionConfig::new(url.parse().unwrap());
    config.max_connections = NonZeroU32::new(connections);
    MySqlSessionStore::from_config(&config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_changes_on_two_nodes_are_all_kept_and_cost_no_error() {
    let _alone = alone().await;
    let galera = start();
    let proxy = Proxy::to_each_of(galera.nodes()).await;
    let url = galera.nodes()[0].url_through(proxy.address());
    let app = app(configured(&url, 16).await);
    let load = Load::start(&app, CLIENTS);
    let visitors = visit_in_tabs(&app).await;
    let report = load.finish().await;
    report.expect_all_good();
    let kept = report.expect_kept(&app).await;
    kept.expect_many();
    for mut visitor in visitors {
        let expected = (visitor.number(), 1 + TABS * VISITS);
        assert_eq!(visitor.look().await.unwrap(), Some(expected));
        visitor.leave().await.unwrap();
        assert_eq!(visitor.look().await.unwrap(), None);
    }
    let conflicts = conflicts(galera.nodes()).await;
    eprintln!("{report}; {kept:?}; {conflicts} conflicts of the nodes");
    assert!(conflicts > 0);
}

/// Changes each session in several tabs at once. Returns one tab of each.
async fn visit_in_tabs(app: &TestApp) -> Vec<Client> {
    let mut visitors = vec![];
    let mut tabs = JoinSet::new();
    for number in 0..SESSIONS {
        let mut visitor = Client::new(app, 1_000_000_000 + number);
        assert_eq!(visitor.visit().await.unwrap(), 1);
        for _ in 0..TABS {
            let tab = visitor.clone();
            tabs.spawn(async move {
                for _ in 0..VISITS {
                    tab.clone().visit().await.unwrap();
                }
            });
        }
        visitors.push(visitor);
    }
    tabs.join_all().await;
    visitors
}

/// The number of changes that one node refused because of those of the other one.
async fn conflicts(nodes: &[Server]) -> u64 {
    let mut conflicts = 0;
    for node in nodes {
        let mut connection = MySqlConnection::connect(&node.url()).await.unwrap();
        let status = "SHOW GLOBAL STATUS WHERE Variable_name IN \
                      ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')";
        for row in connection.fetch_all(status).await.unwrap() {
            conflicts += row.get::<String, _>(1).parse::<u64>().unwrap();
        }
    }
    conflicts
}

/// The second node, which receives changes and does not apply them.
struct Behind(MySqlConnection);

impl Behind {
    async fn hold(node: &Server) -> Self {
        let mut connection = MySqlConnection::connect(&node.url()).await.unwrap();
        let hold = connection.execute("FLUSH TABLES WITH READ LOCK").await;
        hold.unwrap();
        Self(connection)
    }

    /// Waits until a read of a session waits on the node, or has ended.
    async fn wait_for(&mut self, read: &JoinHandle<Found>) {
        let waits = "SELECT COUNT(*) FROM information_schema.processlist \
                     WHERE info LIKE 'SELECT%sessions%' AND id <> CONNECTION_ID()";
        let mut waiting = 0;
        while waiting == 0 && !read.is_finished() {
            let count = sqlx::query_scalar(waits).fetch_one(&mut self.0);
            waiting = count.await.unwrap();
        }
    }

    async fn release(&mut self) {
        self.0.execute("UNLOCK TABLES").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ended_on_one_node_is_not_read_on_another_that_is_behind() {
    let _alone = alone().await;
    let galera = start();
    let [first, second] = galera.nodes();
    let here = configured(&first.url(), 1).await;
    let there = configured(&second.url(), 1).await;
    let record = RecordBuilder::complete(1).build();
    _ = here.create(&record).await.unwrap();
    assert!(there.load(record.id).await.unwrap().is_some());
    // By default, connections do not wait.
    let pool = MySqlPool::connect(&second.url()).await.unwrap();
    let in_a_pool = MySqlSessionStore::new(pool);

    let mut behind = Behind::hold(second).await;
    assert!(here.delete(record.id, None).await.unwrap());
    assert!(in_a_pool.load(record.id).await.unwrap().is_some());
    let read = tokio::spawn(async move { there.load(record.id).await });
    behind.wait_for(&read).await;
    behind.release().await;
    assert!(read.await.unwrap().unwrap().is_none());
}

const CONNECTIONS: u32 = 4;

/// Far more operations at once than there are connections, so that all of these are in use.
const OPERATIONS: u64 = 50;

/// Loads a record in many operations at once.
async fn load_at_once(store: &(impl SessionStorageBackend + Clone)) -> Vec<Found> {
    let mut loads = JoinSet::new();
    for n in 0..OPERATIONS {
        let store = store.clone();
        loads.spawn(async move { store.load(id(n)).await });
    }
    loads.join_all().await
}

/// Deletes a record in many operations at once. Returns the number of those that failed.
async fn failed_deletions(store: &(impl SessionStorageBackend + Clone)) -> usize {
    let mut deletions = JoinSet::new();
    for n in 0..OPERATIONS {
        let store = store.clone();
        deletions.spawn(async move { store.delete(id(n), None).await });
    }
    let failures = deletions
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err);
    let unavailable = |error: &StoreError| {
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    };
    failures.inspect(unavailable).count()
}

/// Cuts a node off from the other one, which goes on alone.
async fn cut_off(node: &Server, other: &Server) {
    let mut connection = MySqlConnection::connect(&other.url()).await.unwrap();
    // Of two equal nodes, none would be the majority.
    let weight = "SET GLOBAL wsrep_provider_options = 'pc.weight=2'";
    connection.execute(weight).await.unwrap();
    let mut connection = MySqlConnection::connect(&node.url()).await.unwrap();
    let isolate = "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'";
    connection.execute(isolate).await.unwrap();
    for (node, status) in [(node, "non-Primary"), (other, "Primary")] {
        let mut connection = MySqlConnection::connect(&node.url()).await.unwrap();
        while state(&mut connection).await != [status, "1"] {}
    }
}

/// The state of a node, and the number of nodes that it is connected with.
async fn state(connection: &mut MySqlConnection) -> [String; 2] {
    let query = "SHOW GLOBAL STATUS WHERE Variable_name IN \
                 ('wsrep_cluster_status', 'wsrep_cluster_size')";
    let rows = connection.fetch_all(query).await.unwrap();
    let mut rows: Vec<[String; 2]> = rows.iter().map(|row| [row.get(0), row.get(1)]).collect();
    rows.sort_by(|one, other| other.cmp(one));
    let [[_, status], [_, size]] = rows.try_into().unwrap();
    [status, size]
}

/// The node still answers pings, and refuses all statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_to_a_node_that_is_cut_off_are_replaced_by_those_to_another_one() {
    let _alone = alone().await;
    let galera = start();
    let [first, second] = galera.nodes();
    configured(&first.url(), 1).await;
    let proxy = Proxy::to_each_of(galera.nodes()).await;
    let url = first.url_through(proxy.address());
    let pool = || MySqlPoolOptions::new().max_connections(CONNECTIONS);
    let [reader, writer] = [pool(), pool()].map(|pool| pool.connect_lazy(&url).unwrap());
    let [reader, writer] = [reader, writer].map(MySqlSessionStore::new);
    for store in [&reader, &writer] {
        load_at_once(store).await;
    }
    cut_off(second, first).await;
    proxy.lead_to(first);
    for loaded in load_at_once(&reader).await {
        assert_eq!(loaded.unwrap(), None);
    }
    let failed = failed_deletions(&writer).await;
    assert!((1..=CONNECTIONS as usize).contains(&failed), "{failed}");
    assert_eq!(failed_deletions(&writer).await, 0);
}

/// Runs on one thread: the log is that of this thread.
#[tokio::test]
async fn a_pool_that_may_read_ended_sessions_is_reported_when_the_table_is_migrated() {
    let _alone = alone().await;
    let galera = tokio::task::spawn_blocking(Galera::start);
    let galera = galera.await.unwrap().unwrap();
    let url = galera.nodes()[0].url();
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let begin_with = |statement: &'static str| {
        let pool = MySqlPoolOptions::new().after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(statement).await.map(drop) })
        });
        pool.connect_lazy(&url).unwrap()
    };
    for (statement, warnings) in [
        ("SET wsrep_sync_wait = 7", 0),
        ("SET wsrep_sync_wait = 15", 0),
        ("SET wsrep_sync_wait = 1", 1),
        ("DO 0", 2),
    ] {
        let store = MySqlSessionStore::new(begin_with(statement));
        store.migrate().await.unwrap();
        assert_eq!(log.count("wsrep_sync_wait = 7"), warnings, "{statement}");
    }
    configured(&url, 1).await;
    assert_eq!(log.count("wsrep_sync_wait = 7"), 2);
}

/// The warnings of the stores.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn count(&self, part: &str) -> usize {
        let messages = self.0.lock().unwrap();
        messages.iter().filter(|it| it.contains(part)).count()
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::WARN {
            event.record(&mut &*self);
        }
    }
}

impl Visit for &Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}
