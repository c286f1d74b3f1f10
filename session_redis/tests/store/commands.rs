//! How many commands operations take, as the server counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use redis::cmd;
use session::store::{Extension, SessionStorageBackend};
use session::testing::TestApp;
use session_conformance::{RecordBuilder, after, principal};
use session_redis::RedisSessionStore;
use test_servers::{Database, Server, Setup};

/// Name and number. What a script calls is counted as well.
type Commands = BTreeMap<String, u64>;

/// A server that nobody else sends commands to.
struct Counted {
    server: Server,
    store: RedisSessionStore,
}

impl Counted {
    async fn start() -> Self {
        let server = Setup::of(Database::Redis)
            .without_durability()
            .start()
            .unwrap();
        let store = crate::support::store_at(&server.url()).await;
        Self { server, store }
    }

    /// What the server was told to do by this.
    async fn during<T>(&self, operation: impl Future<Output = T>) -> Commands {
        let mut connection = self.server.redis().unwrap();
        let mut config = cmd("CONFIG");
        config.arg("RESETSTAT").exec(&mut connection).unwrap();
        operation.await;
        let mut info = cmd("INFO");
        let stats: String = info.arg("commandstats").query(&mut connection).unwrap();
        let lines = stats.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse().ok()?;
            Some((name.to_owned(), calls))
        });
        let ours = |(name, _): &(String, u64)| {
            ![
                "config|resetstat",
                "info",
                "auth",
                "client|setinfo",
                "select",
            ]
            .contains(&name.as_str())
        };
        lines.filter(ours).collect()
    }
}

fn commands<const N: usize>(commands: [(&str, u64); N]) -> Commands {
    commands
        .map(|(name, calls)| (name.to_owned(), calls))
        .into()
}

#[tokio::test]
async fn each_operation_is_one_command() {
    let c = Counted::start().await;
    let record = RecordBuilder::complete(1).without_principal().build();
    let again = || async { c.store.create(&record).await.unwrap() };
    assert_eq!(c.during(again()).await, commands([("set", 1)]));
    assert_eq!(c.during(again()).await, commands([("set", 1)]));
    let load = async { c.store.load(record.id).await.unwrap() };
    assert_eq!(c.during(load).await, commands([("get", 1)]));
    let mut newer = record.clone();
    Arc::make_mut(&mut newer).revision = record.revision.next();
    let replace = || async { c.store.replace(&newer, record.revision).await.unwrap() };
    // Once per server, the script goes along.
    _ = replace().await;
    let conflict = commands([("evalsha", 1), ("getrange", 1)]);
    assert_eq!(c.during(replace()).await, conflict);
    let mut newest = newer.clone();
    Arc::make_mut(&mut newest).revision = newer.revision.next();
    let replace = async { c.store.replace(&newest, newer.revision).await.unwrap() };
    let replaced = commands([("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(replace).await, replaced);
    let extension = |seconds| Extension {
        last_active_at: after(seconds),
        expires_at: after(seconds * 1_000),
    };
    _ = c.store.touch(record.id, extension(50)).await.unwrap();
    let touch = async { c.store.touch(record.id, extension(60)).await.unwrap() };
    let touched = [
        ("evalsha", 1),
        ("getrange", 1),
        ("setrange", 1),
        ("pexpireat", 1),
    ];
    assert_eq!(c.during(touch).await, commands(touched));
    let touch = async { c.store.touch(record.id, extension(40)).await.unwrap() };
    assert_eq!(
        c.during(touch).await,
        commands([("evalsha", 1), ("getrange", 1)])
    );
    let delete = async { c.store.delete(record.id).await.unwrap() };
    assert_eq!(c.during(delete).await, commands([("unlink", 1)]));
}

/// Only where a principal is new does the index come in.
#[tokio::test]
async fn the_index_costs_nothing_where_the_principal_stays() {
    let c = Counted::start().await;
    let record = RecordBuilder::complete(1).principal("ada").build();
    for n in [8, 9] {
        let warm = RecordBuilder::complete(n).principal("bob").build();
        _ = c.store.create(&warm).await.unwrap();
        _ = c.store.replace(&warm, warm.revision).await.unwrap();
    }
    let create = async { c.store.create(&record).await.unwrap() };
    let created = c.during(create).await;
    assert_eq!(
        created["evalsha"], 2,
        "the index, then the record: {created:?}"
    );
    let mut newer = record.clone();
    Arc::make_mut(&mut newer).revision = record.revision.next();
    let replace = async { c.store.replace(&newer, record.revision).await.unwrap() };
    let replaced = commands([("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(replace).await, replaced);
    let mut moved = newer.clone();
    Arc::make_mut(&mut moved).revision = newer.revision.next();
    Arc::make_mut(&mut moved).principal = Some(principal("eve"));
    let replace = async { c.store.replace(&moved, newer.revision).await.unwrap() };
    let moved = c.during(replace).await;
    assert_eq!(
        moved["evalsha"], 3,
        "refused, the index, the record: {moved:?}"
    );
    for n in 2..7 {
        let record = RecordBuilder::complete(n).principal("ada").build();
        _ = c.store.create(&record).await.unwrap();
    }
    _ = c.store.sessions_of(&principal("ada")).await.unwrap();
    let list = async { c.store.sessions_of(&principal("ada")).await.unwrap() };
    let listed = commands([("evalsha", 1), ("time", 1), ("zrange", 1), ("getrange", 6)]);
    assert_eq!(c.during(list).await, listed);
    let end = async {
        c.store
            .delete_all_of(&principal("ada"), None)
            .await
            .unwrap()
    };
    let ended = c.during(end).await;
    assert_eq!(
        ended.get("evalsha").unwrap() + ended.get("eval").unwrap_or(&0),
        3,
        "{ended:?}"
    );
    assert_eq!(ended["unlink"], 5, "{ended:?}");
}

#[tokio::test]
async fn a_request_takes_one_command_to_read_and_one_to_write() {
    let c = Counted::start().await;
    let app = TestApp::new(c.store.clone());
    let mut browser = app.browser();
    let visit = async |browser: &mut session::testing::TestBrowser, n: u64| {
        let mut session = browser.request();
        assert_eq!(session.get::<u64>("n").await.unwrap().unwrap_or(0), n - 1);
        session.insert("n", n).await.unwrap();
        browser.respond(session).await.unwrap();
    };
    assert_eq!(
        c.during(visit(&mut browser, 1)).await,
        commands([("set", 1)])
    );
    visit(&mut browser, 2).await;
    let changed = commands([("get", 1), ("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(visit(&mut browser, 3)).await, changed);
    let read = async {
        let session = browser.request();
        session.get::<u64>("n").await.unwrap();
        browser.respond(session).await.unwrap();
    };
    assert_eq!(c.during(read).await, commands([("get", 1)]));
    let untouched = async { browser.respond(browser.request()).await.unwrap() };
    assert_eq!(c.during(untouched).await, commands([]));
}

/// Redis deletes what has expired by itself: a sweeper has nothing to look for.
#[tokio::test]
async fn a_sweep_up_to_now_is_one_command() {
    let c = Counted::start().await;
    for n in 0..50 {
        let record = RecordBuilder::complete(n).build();
        _ = c.store.create(&record).await.unwrap();
    }
    let ago = time::UtcDateTime::now() - time::Duration::SECOND;
    let all = std::num::NonZeroU32::MAX;
    let sweep = async { assert_eq!(c.store.delete_expired(ago, all).await.unwrap(), 0) };
    assert_eq!(c.during(sweep).await, commands([("time", 1)]));
}

/// A clock that is ahead by a little, as clocks are.
#[tokio::test]
async fn a_sweep_that_is_a_little_early_leaves_nothing_that_has_expired() {
    let c = Counted::start().await;
    let soon = time::UtcDateTime::now() + time::Duration::milliseconds(400);
    let expiring = RecordBuilder::complete(1).expires_at(soon).build();
    let living = RecordBuilder::complete(2).build();
    for record in [&expiring, &living] {
        _ = c.store.create(record).await.unwrap();
    }
    let all = std::num::NonZeroU32::MAX;
    let sweep = async {
        c.store
            .delete_expired(expiring.expires_at, all)
            .await
            .unwrap()
    };
    assert_eq!(c.during(sweep).await, commands([("time", 1)]));
    assert_eq!(c.store.load(expiring.id).await.unwrap(), None);
    assert_eq!(c.store.load(living.id).await.unwrap(), Some(living));
}
