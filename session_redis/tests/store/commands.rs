//! The number of commands of each operation, as the server counts them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use redis::cmd;
use session::store::{Extension, OriginHash, Page, SessionRecord, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser};
use session_conformance::{RecordBuilder, after, id, principal};
use session_redis::RedisSessionStore;
use test_servers::Server;
use time::{Duration, UtcDateTime};

use crate::support::{dead_entry, server, store_at, successor};

/// The names of commands, with their numbers. Those that a script calls are counted as well.
type Commands = BTreeMap<String, u64>;

/// Commands of the test itself, and of a new connection.
const FOREIGN: [&str; 5] = [
    "config|resetstat",
    "info",
    "auth",
    "client|setinfo",
    "select",
];

/// A server that only one store sends commands to.
struct Counted {
    server: Server,
    store: RedisSessionStore,
}

impl Counted {
    async fn start() -> Self {
        let server = server();
        let store = store_at(&server.url()).await;
        Self { server, store }
    }

    /// Returns the commands that the server executes during an operation.
    async fn during<T>(&self, operation: impl Future<Output = T>) -> Commands {
        let mut connection = self.server.redis().unwrap();
        let mut config = cmd("CONFIG");
        config.arg("RESETSTAT").exec(&mut connection).unwrap();
        operation.await;
        let mut info = cmd("INFO");
        let stats: String = info.arg("commandstats").query(&mut connection).unwrap();
        let commands = stats.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse().ok()?;
            Some((name.to_owned(), calls))
        });
        let is_ours = |(name, _): &(String, u64)| !FOREIGN.contains(&name.as_str());
        commands.filter(is_ours).collect()
    }

    async fn created(&self, record: RecordBuilder) -> Arc<SessionRecord> {
        let record = record.build();
        _ = self.store.create(&record).await.unwrap();
        record
    }

    async fn replace(&self, record: &Arc<SessionRecord>, by: &Arc<SessionRecord>) {
        _ = self.store.replace(by, record.revision).await.unwrap();
    }

    async fn touch(&self, record: &SessionRecord, seconds: i64) {
        let extension = Extension {
            last_active_at: after(seconds),
            expires_at: after(seconds * 1_000),
        };
        _ = self
            .store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap();
    }
}

fn commands<const N: usize>(commands: [(&str, u64); N]) -> Commands {
    commands
        .map(|(name, calls)| (name.to_owned(), calls))
        .into()
}

/// A record that no index lists.
fn of_nobody(n: u64) -> RecordBuilder {
    RecordBuilder::complete(n).without_principal().origin(None)
}

/// A record without an origin.
fn of(owner: &str, n: u64) -> RecordBuilder {
    RecordBuilder::complete(n).principal(owner).origin(None)
}

#[tokio::test]
async fn each_operation_without_a_script_is_one_command() {
    let c = Counted::start().await;
    let record = of_nobody(1);
    let create = || c.created(record.clone());
    assert_eq!(c.during(create()).await, commands([("set", 1)]));
    let duplicate = create();
    assert_eq!(c.during(duplicate).await, commands([("set", 1)]));
    let id = record.build().id;
    let load = async { c.store.load(id).await.unwrap() };
    assert_eq!(c.during(load).await, commands([("get", 1)]));
    let delete = async { c.store.delete(id, None).await.unwrap() };
    assert_eq!(c.during(delete).await, commands([("unlink", 1)]));
}

#[tokio::test]
async fn a_replacement_is_one_script() {
    let c = Counted::start().await;
    let record = c.created(of_nobody(1)).await;
    let next = successor(&record).build();
    // The first call of a script on a server brings it along.
    c.replace(&record, &next).await;
    let conflict = commands([("evalsha", 1), ("getrange", 1)]);
    assert_eq!(c.during(c.replace(&record, &next)).await, conflict);
    let last = successor(&next).build();
    let replaced = commands([("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(c.replace(&next, &last)).await, replaced);
}

#[tokio::test]
async fn an_extension_is_one_script() {
    let c = Counted::start().await;
    let record = c.created(of_nobody(1)).await;
    c.touch(&record, 50).await;
    let touched = [
        ("evalsha", 1),
        ("getrange", 1),
        ("setrange", 1),
        ("pexpireat", 1),
    ];
    assert_eq!(c.during(c.touch(&record, 60)).await, commands(touched));
    let unchanged = commands([("evalsha", 1), ("getrange", 1)]);
    assert_eq!(c.during(c.touch(&record, 40)).await, unchanged);
}

/// Makes the server have all scripts that write a record.
async fn warm_up(c: &Counted) {
    for n in [8, 9] {
        let record = c.created(of("bob", n)).await;
        c.replace(&record, &record).await;
    }
}

#[tokio::test]
async fn the_index_costs_commands_only_for_a_new_principal() {
    let c = Counted::start().await;
    warm_up(&c).await;
    let record = of("ada", 1);
    let created = c.during(c.created(record.clone())).await;
    assert_eq!(created["evalsha"], 2, "index, record: {created:?}");
    let record = record.build();
    let next = successor(&record).build();
    let replaced = commands([("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(c.replace(&record, &next)).await, replaced);
    let moved = successor(&next).principal("eve").build();
    let moved = c.during(c.replace(&next, &moved)).await;
    assert_eq!(moved["evalsha"], 3, "refused, index, record: {moved:?}");
}

#[tokio::test]
async fn a_log_in_and_an_extension_cost_one_command_for_the_index() {
    let c = Counted::start().await;
    warm_up(&c).await;
    let record = c.created(of("ada", 1)).await;
    let renewed = successor(&record).secret([9; 32]).build();
    let replaced = c.during(c.replace(&record, &renewed)).await;
    assert_eq!(replaced["evalsha"], 2, "record, index: {replaced:?}");
    c.touch(&renewed, 5_000).await;
    for seconds in [5_001, 50] {
        let touched = c.during(c.touch(&renewed, seconds)).await;
        assert_eq!(touched["evalsha"], 2, "record, index: {touched:?}");
    }
    // Its deadline is now before the stored one.
    let next = successor(&renewed).build();
    let replaced = c.during(c.replace(&renewed, &next)).await;
    assert_eq!(replaced["evalsha"], 2, "record, index: {replaced:?}");
    let nobody = c.created(of_nobody(2)).await;
    let renewed = successor(&nobody).secret([9; 32]).build();
    let replaced = c.during(c.replace(&nobody, &renewed)).await;
    assert_eq!(replaced["evalsha"], 1, "record: {replaced:?}");
}

#[tokio::test]
async fn an_origin_costs_one_command_whenever_its_session_is_listed() {
    let c = Counted::start().await;
    warm_up(&c).await;
    let record = of("ada", 1).origin(Some([7; 16]));
    let created = c.during(c.created(record.clone())).await;
    assert_eq!(created["evalsha"], 3, "two indexes, record: {created:?}");
    let record = record.build();
    let next = successor(&record).build();
    let replaced = commands([("evalsha", 1), ("getrange", 1), ("set", 1)]);
    assert_eq!(c.during(c.replace(&record, &next)).await, replaced);
    c.touch(&next, 5_000).await;
    let touched = c.during(c.touch(&next, 5_001)).await;
    assert_eq!(touched["evalsha"], 3, "record, two indexes: {touched:?}");
    let touched = c.created(of("ada", 2)).await;
    c.touch(&touched, 5_000).await;
    let touched = c.during(c.touch(&touched, 5_001)).await;
    assert_eq!(touched["evalsha"], 2, "record, one index: {touched:?}");
}

#[tokio::test]
async fn the_end_of_an_origin_takes_two_round_trips() {
    let c = Counted::start().await;
    for n in 0..5 {
        c.created(of("ada", n).origin(Some([7; 16]))).await;
    }
    let origin = OriginHash::from_bytes([7; 16]);
    let end = async { c.store.delete_all_of_origin(&origin).await.unwrap() };
    let ended = c.during(end).await;
    // Each script is new to the server.
    assert_eq!((ended["evalsha"], ended["eval"]), (2, 2), "{ended:?}");
    assert_eq!(ended["unlink"], 5, "{ended:?}");
    let again = async { c.store.delete_all_of_origin(&origin).await.unwrap() };
    assert_eq!(c.during(again).await["evalsha"], 2);
}

#[tokio::test]
async fn the_sessions_of_a_principal_take_two_round_trips() {
    let c = Counted::start().await;
    for n in 0..5 {
        c.created(of("ada", n)).await;
    }
    let ada = principal("ada");
    let list = async || _ = c.store.sessions_of(&ada, Page::ALL).await.unwrap();
    list().await;
    let listed = commands([("evalsha", 1), ("time", 1), ("zrange", 1), ("getrange", 5)]);
    assert_eq!(c.during(list()).await, listed);
    let end = async { c.store.delete_all_of(&ada, None).await.unwrap() };
    let ended = c.during(end).await;
    // The script that deletes is new to the server.
    assert_eq!(ended["evalsha"] + ended["eval"], 3, "{ended:?}");
    assert_eq!(ended["unlink"], 5, "{ended:?}");
}

/// The number of entries of sessions that are gone.
const DEAD: u64 = 9_000;

impl Counted {
    fn add_dead_entries(&self, index: &str) {
        let mut add = cmd("ZADD");
        add.arg(index);
        for n in 0..DEAD {
            let later = 9_000_000_000_000_i64;
            add.arg(later).arg(dead_entry(n));
        }
        add.exec(&mut self.server.redis().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn a_page_behind_many_dead_entries_takes_few_round_trips() {
    let c = Counted::start().await;
    c.add_dead_entries("session:of:ada");
    for n in DEAD..DEAD + 5 {
        c.created(of("ada", n)).await;
    }
    let ada = principal("ada");
    let mut page = Page::first(NonZeroU32::new(2).unwrap());
    // One removes those in place of a page, and each other those of 512 entries.
    for (first, removals) in [(DEAD, 1 + (DEAD - 2).div_ceil(512)), (DEAD + 2, 0)] {
        let mut listed = vec![];
        let commands = c
            .during(async { listed = c.store.sessions_of(&ada, page).await.unwrap() })
            .await;
        let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
        assert_eq!(ids, [id(first), id(first + 1)]);
        let removed = commands.get("zrem").copied().unwrap_or_default();
        assert_eq!(removed, removals, "{commands:?}");
        page = page.next(&listed).unwrap();
    }
}

#[tokio::test]
async fn the_end_of_all_sessions_removes_many_dead_entries_in_steps() {
    let c = Counted::start().await;
    let (ada, origin) = (principal("ada"), OriginHash::from_bytes([7; 16]));
    let of_origin = format!("session:from:{}", "07".repeat(16));
    let end = async || c.store.delete_all_of(&ada, None).await.unwrap();
    let end_origin = async || c.store.delete_all_of_origin(&origin).await.unwrap();
    let session = of("ada", DEAD).origin(Some([7; 16]));
    c.created(session.clone()).await;
    c.add_dead_entries("session:of:ada");
    assert_in_steps(&c.during(async { assert_eq!(end().await, 1) }).await);
    c.created(session).await;
    c.add_dead_entries(&of_origin);
    assert_in_steps(&c.during(async { assert_eq!(end_origin().await, 1) }).await);
    for index in ["session:of:ada", &of_origin] {
        let left: u64 = cmd("ZCARD")
            .arg(index)
            .query(&mut c.server.redis().unwrap())
            .unwrap();
        assert_eq!(left, 2, "the entries of the session are not old enough");
    }
}

/// The steps are of 4,000 sessions each.
fn assert_in_steps(ended: &Commands) {
    let steps = (DEAD + 1).div_ceil(4_000);
    assert_eq!(ended["evalsha"], 1 + steps, "index, records: {ended:?}");
    assert_eq!(ended["zrem"], steps, "{ended:?}");
    assert_eq!(ended["unlink"], 1, "{ended:?}");
}

#[tokio::test]
async fn a_request_takes_one_command_to_read_and_one_to_write() {
    let c = Counted::start().await;
    let app = TestApp::new(c.store.clone());
    let mut browser = app.browser();
    let visit = async |browser: &mut TestBrowser, n: u64| {
        let mut session = browser.request();
        assert_eq!(session.get::<u64>("n").await.unwrap().unwrap_or(0), n - 1);
        session.insert("n", &n).await.unwrap();
        browser.respond(session).await.unwrap();
    };
    let first = c.during(visit(&mut browser, 1)).await;
    assert_eq!(first, commands([("set", 1)]));
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

/// Redis deletes what has expired, so there is nothing to search.
#[tokio::test]
async fn a_sweep_up_to_the_present_is_one_command() {
    let c = Counted::start().await;
    for n in 0..50 {
        c.created(RecordBuilder::complete(n)).await;
    }
    let ago = UtcDateTime::now() - Duration::SECOND;
    let sweep = async {
        let deleted = c.store.delete_expired(ago, NonZeroU32::MAX).await;
        assert_eq!(deleted.unwrap(), 0);
    };
    assert_eq!(c.during(sweep).await, commands([("time", 1)]));
}

/// The clock of the application is ahead by a little.
#[tokio::test]
async fn a_sweep_that_is_a_little_early_waits_until_redis_has_deleted() {
    let c = Counted::start().await;
    let soon = UtcDateTime::now() + Duration::milliseconds(400);
    let expiring = c.created(RecordBuilder::complete(1).expires_at(soon)).await;
    let living = c.created(RecordBuilder::complete(2)).await;
    let sweep = c.store.delete_expired(expiring.expires_at, NonZeroU32::MAX);
    assert_eq!(c.during(sweep).await, commands([("time", 1)]));
    assert_eq!(c.store.load(expiring.id).await.unwrap(), None);
    assert_eq!(c.store.load(living.id).await.unwrap(), Some(living));
}
