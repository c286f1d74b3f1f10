//! Facts that hold on Redis and on Valkey.
//!
//! The macro makes tests of them, with the function `fixture` of the module that it is used in.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use redis::{AsyncCommands, cmd};
use session::store::{
    CreateOutcome, Extension, Page, ReplaceOutcome, SecretHash, SessionRecord,
    SessionStorageBackend, StoreErrorKind, TouchOutcome,
};
use session_conformance::{RecordBuilder, after, id, principal};
use time::{Duration, UtcDateTime};

use crate::support::{Fixture, clear, printed, successor};

/// Makes a test of each of these functions of a module of this crate.
macro_rules! tests {
    ($module:ident: $($fact:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let fixture = super::fixture().await;
                crate::facts::tested(fixture, crate::$module::$fact).await;
            }
        )*
    };
}
pub(crate) use tests;

/// Runs a test, and then deletes its keys, whether the test succeeded or not.
pub(crate) async fn tested<T: Future<Output = ()>>(f: Fixture, test: impl FnOnce(Fixture) -> T) {
    let (connection, prefix) = (f.connection.clone(), f.store.prefix().clone());
    let outcome = AssertUnwindSafe(test(f)).catch_unwind().await;
    clear(connection, prefix).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

macro_rules! facts {
    () => {
        crate::facts::tests!(
            facts: a_record_is_one_key_that_expires_with_it,
            each_key_has_an_expiry,
            a_record_of_a_newer_version_can_only_be_listed_extended_and_deleted,
            a_record_of_a_newer_version_is_deleted_by_its_secret,
            a_damaged_record_is_reported_and_left_as_it_is,
            a_key_of_another_type_is_reported_as_an_invalid_record,
            a_key_of_another_type_blocks_nothing_of_its_principal,
            a_damaged_record_hides_no_other_session_of_its_principal,
            a_walk_reports_damaged_records_and_returns_the_sessions_beside_them,
            a_log_in_under_a_limit_succeeds_beside_damaged_records,
            an_error_never_shows_a_part_of_a_record,
            stores_with_different_prefixes_share_nothing,
            a_record_that_expired_in_the_past_leaves_nothing_behind,
            the_time_of_the_server_is_that_of_its_clock,
        );

        // On one thread, as the scheduler requires.
        #[tokio::test]
        async fn no_random_order_of_requests_breaks_a_promise() {
            let fixture = super::fixture().await;
            crate::facts::tested(fixture, crate::facts::no_order_breaks_a_promise).await;
        }
    };
}
pub(crate) use facts;

/// The offsets of two times in a value, which all releases share.
const DEADLINE: isize = 17;
const CREATED: isize = 33;

impl Fixture {
    pub(crate) fn key(&self, record: &Arc<SessionRecord>) -> String {
        format!("{}{}", self.store.prefix(), record.id)
    }

    /// Replaces a key as another program might, with a command that takes an element.
    pub(crate) async fn replace_key(&mut self, key: &str, command: &str) {
        let _: () = self.connection.del(key).await.unwrap();
        let mut command = cmd(command);
        command.arg(key).arg("4111");
        command.exec_async(&mut self.connection).await.unwrap();
    }

    async fn keys(&mut self) -> Vec<String> {
        let pattern = format!("{}*", self.store.prefix());
        let mut keys: Vec<String> = self.connection.keys(pattern).await.unwrap();
        keys.sort();
        keys
    }

    pub(crate) async fn expires_at(&mut self, key: &str) -> i64 {
        let mut command = cmd("PEXPIRETIME");
        command.arg(key);
        command.query_async(&mut self.connection).await.unwrap()
    }

    async fn created(&self, record: RecordBuilder) -> Arc<SessionRecord> {
        let record = record.build();
        _ = self.store.create(&record).await.unwrap();
        record
    }

    /// Replaces a record by its successor with this deadline.
    pub(crate) async fn replaced_until(
        &self,
        record: &Arc<SessionRecord>,
        deadline: time::UtcDateTime,
    ) -> Arc<SessionRecord> {
        let next = successor(record).expires_at(deadline).build();
        let outcome = self.store.replace(&next, record.revision).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        next
    }

    /// The key expires after the deadline, by a millisecond at most.
    async fn expires_with(&mut self, record: &Arc<SessionRecord>, deadline: time::UtcDateTime) {
        let key = self.key(record);
        let expiry = self.expires_at(&key).await;
        let micros = deadline.unix_timestamp_nanos() / 1_000;
        let late = i128::from(expiry) * 1_000 - micros;
        assert!((0..=1_000).contains(&late), "{late} µs after the deadline");
    }
}

/// This holds after each operation.
pub(crate) async fn a_record_is_one_key_that_expires_with_it(mut f: Fixture) {
    for (n, micros) in [0, 1, 999, 1_000, 123_456].into_iter().enumerate() {
        let deadline = after(100) + Duration::microseconds(micros);
        let record = RecordBuilder::new(n as u64).expires_at(deadline);
        let record = f.created(record).await;
        assert_eq!(f.keys().await, [f.key(&record)]);
        f.expires_with(&record, deadline).await;
        let deadline = deadline + Duration::microseconds(200_777);
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: deadline,
        };
        let outcome = f
            .store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap();
        assert_eq!(outcome, TouchOutcome::Touched);
        f.expires_with(&record, deadline).await;
        // Of two deadlines, the later one is kept.
        let record = f.replaced_until(&record, after(3)).await;
        f.expires_with(&record, deadline).await;
        let deadline = deadline + Duration::microseconds(1);
        let record = f.replaced_until(&record, deadline).await;
        f.expires_with(&record, deadline).await;
        f.store.delete(record.id, None).await.unwrap();
        assert_eq!(f.keys().await, Vec::<String>::new());
    }
}

/// The indexes have one too.
pub(crate) async fn each_key_has_an_expiry(mut f: Fixture) {
    let record = f.created(RecordBuilder::complete(1)).await;
    f.created(RecordBuilder::new(2)).await;
    let moved = successor(&record).principal("bob").build();
    let outcome = f.store.replace(&moved, record.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    let keys = f.keys().await;
    assert_eq!(keys.len(), 5, "{keys:?}");
    for key in keys {
        assert!(f.expires_at(&key).await > 0, "{key} stays for ever");
    }
}

pub(crate) async fn a_record_of_a_newer_version_can_only_be_listed_extended_and_deleted(
    mut f: Fixture,
) {
    let record = f.created(RecordBuilder::complete(1).revision(1)).await;
    let key = f.key(&record);
    let _: () = f.connection.setrange(&key, 0, &[2_u8][..]).await.unwrap();
    let error = f.store.load(record.id).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
    assert!(printed(&error).contains("version 2"));
    let next = successor(&record).build();
    let outcome = f.store.replace(&next, record.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Conflict);
    let extension = Extension {
        last_active_at: after(70),
        expires_at: after(700_000_000),
    };
    let outcome = f
        .store
        .touch(record.id, &record.secret, extension)
        .await
        .unwrap();
    assert_eq!(outcome, TouchOutcome::Touched);
    let owner = record.principal.as_ref().unwrap();
    let listed = f.store.sessions_of(owner, Page::ALL).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].expires_at, after(700_000_000));
    let value: Vec<u8> = f.connection.get(&key).await.unwrap();
    assert_eq!(f.store.delete_all_of(owner, None).await.unwrap(), 1);
    let _: () = f.connection.set(&key, value).await.unwrap();
    let origin = &record.origin.unwrap();
    assert_eq!(f.store.delete_all_of_origin(origin).await.unwrap(), 1);
}

pub(crate) async fn a_record_of_a_newer_version_is_deleted_by_its_secret(mut f: Fixture) {
    let record = f.created(RecordBuilder::complete(1)).await;
    let key = f.key(&record);
    let _: () = f.connection.setrange(&key, 0, &[2_u8][..]).await.unwrap();
    for (secret, deletes) in [([9; 32], false), (*record.secret.as_bytes(), true)] {
        let secret = SecretHash::from_bytes(secret);
        let deleted = f.store.delete(record.id, Some(&secret)).await.unwrap();
        assert_eq!(deleted, deletes);
    }
    let left: Option<Vec<u8>> = f.connection.get(&key).await.unwrap();
    assert_eq!(left, None);
}

pub(crate) async fn a_damaged_record_is_reported_and_left_as_it_is(mut f: Fixture) {
    let record = f.created(RecordBuilder::complete(1)).await;
    let key = f.key(&record);
    let value: Vec<u8> = f.connection.get(&key).await.unwrap();
    for len in [1, 20, 33, 100] {
        let part = &value[..len];
        let _: () = f.connection.set(&key, part).await.unwrap();
        let error = f.store.load(record.id).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
        if len < 34 {
            let next = successor(&record).build();
            let outcome = f.store.replace(&next, record.revision).await.unwrap();
            assert_eq!(outcome, ReplaceOutcome::Conflict);
        }
        let left: Vec<u8> = f.connection.get(&key).await.unwrap();
        assert_eq!(left, part);
    }
}

pub(crate) async fn a_key_of_another_type_is_reported_as_an_invalid_record(mut f: Fixture) {
    let record = f.created(RecordBuilder::complete(1)).await;
    let key = f.key(&record);
    f.store.delete(record.id, None).await.unwrap();
    let _: () = f.connection.hset(&key, "field", "4111").await.unwrap();
    let extension = Extension {
        last_active_at: after(1),
        expires_at: after(2),
    };
    for error in [
        f.store.load(record.id).await.unwrap_err(),
        f.store.replace(&record, record.revision).await.unwrap_err(),
        f.store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap_err(),
    ] {
        let kind = error.kind();
        assert_eq!(kind, StoreErrorKind::InvalidRecord, "{}", printed(&error));
    }
}

pub(crate) async fn a_key_of_another_type_blocks_nothing_of_its_principal(mut f: Fixture) {
    let ada = &principal("ada");
    let all = std::num::NonZeroU32::MAX;
    for program in ["RPUSH", "SADD"] {
        let taken = f.created_for_ada(1).await;
        f.created_for_ada(2).await;
        let key = f.key(&taken);
        f.replace_key(&key, program).await;
        f.age(Duration::seconds(61)).await;
        assert_eq!(f.listed().await, [id(2)]);
        let deleted = f.store.delete(taken.id, Some(&taken.secret)).await;
        assert!(!deleted.unwrap());
        // The list has removed the entry, and the session is not looked for again.
        f.created_for_ada(1).await;
        assert_eq!(f.store.delete_all_of(ada, None).await.unwrap(), 1);
        f.created_for_ada(3).await;
        let latest = time::UtcDateTime::MAX;
        assert_eq!(f.store.delete_expired(latest, all).await.unwrap(), 1);
        assert_eq!(f.keys().await.len(), 2, "the key is left alone");
        let _: () = f.connection.del(&key).await.unwrap();
    }
}

pub(crate) async fn a_damaged_record_hides_no_other_session_of_its_principal(mut f: Fixture) {
    let ada = &principal("ada");
    let beyond_the_calendar = [255_u8; 8];
    for offset in [DEADLINE, CREATED] {
        let damaged = f.created_for_ada(1).await;
        f.created_for_ada(2).await;
        let (key, value) = (f.key(&damaged), &beyond_the_calendar[..]);
        let _: () = f.connection.setrange(key, offset, value).await.unwrap();
        f.age(Duration::seconds(61)).await;
        assert_eq!(f.listed().await, [id(2)]);
        let deleted = f.store.delete_all_of(ada, Some(id(2))).await.unwrap();
        assert_eq!(deleted, 1, "the damaged record stays in the index");
        assert_eq!(f.store.load(damaged.id).await.unwrap(), None);
        assert_eq!(f.store.delete_all_of(ada, None).await.unwrap(), 1);
    }
}

/// One record has a deadline beyond the calendar, one is of a newer release, and one is the key of
/// another program.
pub(crate) async fn a_walk_reports_damaged_records_and_returns_the_sessions_beside_them(
    mut f: Fixture,
) {
    for n in 1..=5 {
        f.created(RecordBuilder::complete(n)).await;
    }
    let [damaged, newer, taken] = [2, 3, 4].map(|n| format!("{}{}", f.store.prefix(), id(n)));
    let beyond = &[255_u8; 8][..];
    let _: () = f
        .connection
        .setrange(damaged, DEADLINE, beyond)
        .await
        .unwrap();
    let _: () = f.connection.setrange(newer, 0, &[2_u8][..]).await.unwrap();
    f.replace_key(&taken, "RPUSH").await;
    for batch in [1, u32::MAX] {
        let (mut sessions, mut unreadable) = (BTreeSet::new(), BTreeSet::new());
        let (batch, mut next) = (batch.try_into().unwrap(), Some(None));
        while let Some(from) = next {
            let step = f.store.all_sessions(batch, from.as_ref()).await.unwrap();
            sessions.extend(step.sessions.into_iter().map(|summary| summary.id));
            unreadable.extend(step.unreadable);
            next = step.next.map(Some);
        }
        assert_eq!(sessions, BTreeSet::from([1, 5].map(id)));
        assert_eq!(unreadable, BTreeSet::from([2, 3].map(id)));
    }
}

/// One record is the key of another program, and one has a deadline beyond the calendar.
pub(crate) async fn a_log_in_under_a_limit_succeeds_beside_damaged_records(mut f: Fixture) {
    let taken = f.created_for_ada(1).await;
    let damaged = f.created_for_ada(2).await;
    let taken = f.key(&taken);
    f.replace_key(&taken, "RPUSH").await;
    let (key, value) = (f.key(&damaged), &[255_u8; 8][..]);
    let _: () = f.connection.setrange(key, DEADLINE, value).await.unwrap();
    let mut config = session::SessionConfig::default();
    config.log_in.max_sessions_per_principal = std::num::NonZeroUsize::new(1);
    let app = session::testing::TestApp::with_config(f.store.clone(), &config).unwrap();
    for _ in 0..2 {
        // The later log-in ends the earlier one.
        app.clock.advance(std::time::Duration::from_secs(1));
        let mut browser = app.browser();
        let mut session = browser.request();
        session.log_in(principal("ada")).await.unwrap();
        browser.respond(session).await.unwrap();
        let principal = browser.request().principal().await.unwrap();
        assert_eq!(principal.as_ref().map(AsRef::as_ref), Some("ada"));
    }
    assert_eq!(f.listed().await.len(), 1);
}

/// The server quotes the commands that it refuses.
pub(crate) async fn an_error_never_shows_a_part_of_a_record(mut f: Fixture) {
    let record = RecordBuilder::complete(7).state(r#"{"card":"4111"}"#);
    let record = record.principal("ada").label("Firefox").build();
    let key = f.key(&record);
    let index = format!("{}of:ada", f.store.prefix());
    let _: () = f.connection.set(&index, "ada").await.unwrap();
    let _: () = f.connection.hset(&key, "4111", "4111").await.unwrap();
    // The session is listed, and the key of its record is taken.
    let outcome = f.store.create(&record).await.unwrap();
    assert_eq!(outcome, CreateOutcome::DuplicateId);
    let replaced = f.store.replace(&record, record.revision).await;
    for error in [
        replaced.unwrap_err(),
        f.store.load(record.id).await.unwrap_err(),
    ] {
        let printed = printed(&error);
        for secret in ["4111", "ada", "Firefox", &record.id.to_string()] {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
    }
}

pub(crate) async fn stores_with_different_prefixes_share_nothing(f: Fixture) {
    let other = format!("{}other:", f.store.prefix());
    let other = f.store.with_prefix(&other.parse().unwrap());
    let record = f.created(RecordBuilder::complete(1)).await;
    assert_eq!(other.load(record.id).await.unwrap(), None);
    let owner = record.principal.as_ref().unwrap();
    assert_eq!(other.sessions_of(owner, Page::ALL).await.unwrap(), []);
    assert_eq!(other.delete_all_of(owner, None).await.unwrap(), 0);
    let all = std::num::NonZeroU32::MAX;
    let latest = time::UtcDateTime::MAX;
    assert_eq!(other.delete_expired(latest, all).await.unwrap(), 0);
    let same = RecordBuilder::complete(1).state("{}").build();
    _ = other.create(&same).await.unwrap();
    assert_eq!(f.store.load(id(1)).await.unwrap(), Some(record));
    assert_eq!(other.load(id(1)).await.unwrap(), Some(same));
}

/// Redis would refuse an expiry before 1970.
pub(crate) async fn a_record_that_expired_in_the_past_leaves_nothing_behind(mut f: Fixture) {
    for year in [1, 1969, 2001] {
        let date = time::Date::from_calendar_date(year, time::Month::May, 5).unwrap();
        let past = time::UtcDateTime::new(date, time::Time::MIDNIGHT);
        let record = RecordBuilder::complete(1)
            .created_at(past)
            .last_active_at(past);
        let record = f.created(record.expires_at(past + Duration::SECOND)).await;
        assert_eq!(f.store.load(record.id).await.unwrap(), None);
        let extension = Extension {
            last_active_at: past,
            expires_at: past + Duration::DAY,
        };
        let outcome = f
            .store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap();
        assert_eq!(outcome, TouchOutcome::Gone);
    }
    assert_eq!(f.keys().await, Vec::<String>::new());
}

/// Entries of deleted sessions stay in the index until somebody reads it.
pub(crate) async fn no_order_breaks_a_promise(mut f: Fixture) {
    schedules::search_store(f.store.clone()).await;
    let index = format!("{}of:", f.store.prefix());
    let mut records = f.keys().await;
    records.retain(|key| !key.starts_with(&index));
    assert_eq!(records, Vec::<String>::new());
}

pub(crate) async fn the_time_of_the_server_is_that_of_its_clock(f: Fixture) {
    let before = UtcDateTime::now();
    let times = f.store.server_times().await.unwrap();
    // Redis cuts the time to microseconds.
    let range = before - Duration::MICROSECOND..=UtcDateTime::now();
    assert_eq!(times.len(), 1);
    assert!(range.contains(&times[0]), "{} in {range:?}", times[0]);
}
