//! The index by principal: it may list sessions that are gone, and never hides one.

use std::sync::Arc;

use redis::{AsyncCommands, cmd};
use session::store::{
    Extension, OriginHash, Page, ReplaceOutcome, SessionRecord, SessionStorageBackend,
    StoreErrorKind, TouchOutcome,
};
use session::testing::TestApp;
use session::{LogIn, SessionId};
use session_conformance::{RecordBuilder, after, id, principal};
use time::Duration;

use crate::gate::Gate;
use crate::support::{Fixture, printed, store_at, successor};

macro_rules! facts {
    () => {
        crate::facts::tests!(
            index: an_entry_without_a_session_is_removed_once_it_is_stale,
            a_session_is_listed_for_its_present_principal_only,
            a_session_is_listed_for_as_long_as_it_lives,
            a_deadline_from_a_touch_counts_for_the_next_principal,
            a_registration_removes_the_entries_of_sessions_that_have_expired,
            a_session_is_listed_again_when_its_deadline_moves,
            a_session_is_listed_again_by_a_shorter_log_in,
            a_session_is_listed_again_by_a_new_secret_or_a_shorter_deadline,
            a_session_is_listed_again_by_a_touch_that_moves_nothing,
            a_session_that_is_listed_again_stays_listed_until_the_stored_deadline,
            a_session_is_listed_again_once_for_all_extensions,
            an_index_of_another_type_blocks_nothing,
            an_origin_is_listed_again_when_a_deadline_moves,
            an_origin_is_listed_again_whatever_the_stored_deadline_is,
            an_index_of_an_origin_of_another_type_blocks_nothing,
            an_index_of_an_origin_ends_only_its_own_sessions,
            an_entry_of_another_form_blocks_nothing_and_is_removed,
            a_record_is_not_written_when_its_registration_has_expired,
        );
    };
}
pub(crate) use facts;

impl Fixture {
    pub(crate) fn index_of_ada(&self) -> String {
        format!("{}of:ada", self.store.prefix())
    }

    async fn entries(&mut self) -> Vec<Vec<u8>> {
        let index = self.index_of_ada();
        self.connection.zrange(index, 0, -1).await.unwrap()
    }

    /// Makes all entries of the index older by that.
    pub(crate) async fn age(&mut self, by: Duration) {
        let index = self.index_of_ada();
        let mut range = cmd("ZRANGE");
        range.arg(&index).arg(0).arg(-1).arg("WITHSCORES");
        let entries: Vec<(Vec<u8>, i64)> = range.query_async(&mut self.connection).await.unwrap();
        let expiry = self.expires_at(&index).await;
        let _: () = self.connection.del(&index).await.unwrap();
        for (entry, score) in entries {
            let (id, added) = entry.split_at(16);
            let added = i64::from_be_bytes(added.try_into().unwrap());
            let older = added - i64::try_from(by.whole_milliseconds()).unwrap();
            let entry = [id, &older.to_be_bytes()].concat();
            let _: () = self.connection.zadd(&index, entry, score).await.unwrap();
        }
        let _: () = self.connection.pexpire_at(&index, expiry).await.unwrap();
    }

    /// The sessions of `ada`, as the store lists them.
    pub(crate) async fn listed(&self) -> Vec<SessionId> {
        let sessions = self
            .store
            .sessions_of(&principal("ada"), Page::ALL)
            .await
            .unwrap();
        sessions.into_iter().map(|session| session.id).collect()
    }

    /// Replaces the record by its successor with this principal.
    pub(crate) async fn moved(
        &self,
        record: &Arc<SessionRecord>,
        owner: Option<&str>,
    ) -> Arc<SessionRecord> {
        let next = match owner {
            Some(owner) => successor(record).principal(owner),
            None => successor(record).without_principal(),
        };
        let next = next.build();
        let outcome = self.store.replace(&next, record.revision).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        next
    }

    pub(crate) async fn created_for_ada(&self, n: u64) -> Arc<SessionRecord> {
        let record = RecordBuilder::new(n).principal("ada").build();
        _ = self.store.create(&record).await.unwrap();
        record
    }

    async fn touched(&self, record: &SessionRecord, extension: Extension) {
        let outcome = self
            .store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap();
        assert_eq!(outcome, TouchOutcome::Touched);
    }

    /// The index of `ada`, and the last entry in it, are kept for longer than the record.
    async fn index_outlives(&mut self, record: SessionId) {
        let index = self.index_of_ada();
        let key = format!("{}{record}", self.store.prefix());
        let (record, kept) = (self.expires_at(&key).await, self.expires_at(&index).await);
        assert!(kept > record, "{kept} is not after {record}");
        let mut latest = cmd("ZRANGE");
        latest.arg(&index).arg("+inf").arg("-inf");
        latest.arg("BYSCORE").arg("REV");
        latest.arg("LIMIT").arg(0).arg(1).arg("WITHSCORES");
        let latest: Vec<(Vec<u8>, i64)> = latest.query_async(&mut self.connection).await.unwrap();
        let listed = latest[0].1;
        assert!(listed > record, "{listed} is not after {record}");
    }
}

pub(crate) async fn an_entry_without_a_session_is_removed_once_it_is_stale(mut f: Fixture) {
    let dead = f.created_for_ada(1).await;
    f.created_for_ada(2).await;
    f.store.delete(dead.id, None).await.unwrap();
    assert_eq!(f.listed().await, [id(2)]);
    let entries = f.entries().await.len();
    assert_eq!(entries, 2, "a record might yet be written for the entry");
    f.age(Duration::seconds(61)).await;
    assert_eq!(f.listed().await, [id(2)]);
    assert_eq!(f.entries().await.len(), 1);
    // The end of all sessions removes their entries too.
    let ada = principal("ada");
    assert_eq!(f.store.delete_all_of(&ada, None).await.unwrap(), 1);
    assert_eq!(f.entries().await.len(), 0);
}

pub(crate) async fn a_session_is_listed_for_its_present_principal_only(mut f: Fixture) {
    let record = f.created_for_ada(1).await;
    let record = f.moved(&record, Some("bob")).await;
    f.age(Duration::seconds(61)).await;
    assert_eq!(f.listed().await, []);
    assert_eq!(f.entries().await.len(), 0);
    let record = f.moved(&record, Some("ada")).await;
    assert_eq!(f.listed().await, [id(1)]);
    let record = f.moved(&record, None).await;
    f.moved(&record, Some("ada")).await;
    assert_eq!(f.listed().await, [id(1)]);
}

/// Its deadline moves a hundred times.
pub(crate) async fn a_session_is_listed_for_as_long_as_it_lives(mut f: Fixture) {
    let mut record = f.created_for_ada(1).await;
    for n in 1..=100 {
        Arc::make_mut(&mut record).last_active_at += Duration::hours(5);
        Arc::make_mut(&mut record).expires_at += Duration::hours(5);
        // First by touches alone, then by replacements alone.
        if n <= 50 {
            let extension = Extension {
                last_active_at: record.last_active_at,
                expires_at: record.expires_at,
            };
            f.touched(&record, extension).await;
            let loaded = f.store.load(record.id).await.unwrap();
            assert_eq!(loaded.as_ref(), Some(&record));
        } else {
            record = f.moved(&record, Some("ada")).await;
        }
        f.index_outlives(record.id).await;
    }
    f.age(Duration::days(30)).await;
    assert_eq!(f.listed().await, [id(1)]);
    // There are far fewer entries than extensions.
    let entries = f.entries().await.len();
    assert!((2..=8).contains(&entries), "{entries} entries");
}

/// The next principal comes from a request that has loaded the record before the touch.
pub(crate) async fn a_deadline_from_a_touch_counts_for_the_next_principal(mut f: Fixture) {
    let record = RecordBuilder::new(1).principal("bob").build();
    _ = f.store.create(&record).await.unwrap();
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: after(400_000_000),
    };
    f.touched(&record, extension).await;
    f.moved(&record, Some("ada")).await;
    f.index_outlives(record.id).await;
}

pub(crate) async fn a_registration_removes_the_entries_of_sessions_that_have_expired(
    mut f: Fixture,
) {
    for n in 0..3 {
        f.created_for_ada(n).await;
    }
    let index = f.index_of_ada();
    for entry in &f.entries().await[..2] {
        let past = 1_000_000_000_000_i64;
        let _: () = f.connection.zadd(&index, entry, past).await.unwrap();
    }
    assert_eq!(f.entries().await.len(), 3);
    f.created_for_ada(9).await;
    assert_eq!(f.entries().await.len(), 2);
}

/// A reader of the index may have removed the entry by then.
pub(crate) async fn a_record_is_not_written_when_its_registration_has_expired(f: Fixture) {
    let record = f.created_for_ada(1).await;
    let gate = Gate::before(&f.url).await;
    let late = store_at(&gate.url).await.with_prefix(f.store.prefix());
    // To the store, each entry is as much older.
    gate.set_back(std::time::Duration::from_secs(31));
    let new = RecordBuilder::new(2).principal("ada").build();
    let moved = successor(&record).principal("bob").build();
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: after(400_000_000),
    };
    for error in [
        late.create(&new).await.unwrap_err(),
        late.replace(&moved, record.revision).await.unwrap_err(),
        late.touch(record.id, &record.secret, extension)
            .await
            .unwrap_err(),
    ] {
        let printed = printed(&error);
        assert_eq!(error.kind(), StoreErrorKind::Timeout, "{printed}");
        assert!(printed.contains("30 seconds"), "{printed}");
    }
    assert_eq!(f.store.load(new.id).await.unwrap(), None);
    assert_eq!(f.store.load(record.id).await.unwrap(), Some(record));
}

/// An index can be lost without its records: Redis evicts it, or a failover loses its last writes.
pub(crate) async fn a_session_is_listed_again_when_its_deadline_moves(mut f: Fixture) {
    let touched = f.created_for_ada(1).await;
    let replaced = f.created_for_ada(2).await;
    f.created_for_ada(3).await;
    let index = f.index_of_ada();
    let _: () = f.connection.del(&index).await.unwrap();
    assert_eq!(f.listed().await, []);
    let extension = Extension {
        last_active_at: touched.last_active_at,
        expires_at: touched.expires_at + Duration::SECOND,
    };
    f.touched(&touched, extension).await;
    assert_eq!(f.listed().await, [id(1)]);
    f.replaced_until(&replaced, replaced.expires_at + Duration::SECOND)
        .await;
    assert_eq!(f.listed().await, [id(1), id(2)]);
    f.index_outlives(id(1)).await;
    let owner = &principal("ada");
    assert_eq!(f.store.delete_all_of(owner, None).await.unwrap(), 2);
}

impl Fixture {
    /// The index of `ada` is lost, as by a failover.
    async fn lose_index(&mut self) {
        let index = self.index_of_ada();
        let lost: u64 = self.connection.del(&index).await.unwrap();
        assert_eq!(lost, 1);
        assert_eq!(self.listed().await, []);
    }

    /// A touch whose deadline is before the stored one, as after a shorter log-in.
    async fn touched_for_an_hour(&self, record: &SessionRecord) {
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.last_active_at + Duration::HOUR,
        };
        self.touched(record, extension).await;
    }
}

/// The stored deadline does not go back, so it stays that of the remembered session.
pub(crate) async fn a_session_is_listed_again_by_a_shorter_log_in(mut f: Fixture) {
    let app = TestApp::new(f.store.clone());
    let mut browser = app.browser();
    let log_in = LogIn::new(principal("ada"));
    for log_in in [
        log_in.clone().remembered(),
        log_in.for_this_browser_session(),
    ] {
        _ = f.connection.del::<_, u64>(f.index_of_ada()).await.unwrap();
        let mut session = browser.request();
        session.log_in(log_in).await.unwrap();
        browser.respond(session).await.unwrap();
        assert_eq!(f.listed().await.len(), 1);
    }
}

pub(crate) async fn a_session_is_listed_again_by_a_new_secret_or_a_shorter_deadline(
    mut f: Fixture,
) {
    let record = f.created_for_ada(1).await;
    f.lose_index().await;
    let renewed = successor(&record).secret([9; 32]).build();
    _ = f.store.replace(&renewed, record.revision).await.unwrap();
    assert_eq!(f.listed().await, [id(1)]);
    f.lose_index().await;
    f.replaced_until(&renewed, renewed.expires_at - Duration::HOUR)
        .await;
    assert_eq!(f.listed().await, [id(1)]);
}

pub(crate) async fn a_session_is_listed_again_by_a_touch_that_moves_nothing(mut f: Fixture) {
    let record = f.created_for_ada(1).await;
    f.lose_index().await;
    f.touched_for_an_hour(&record).await;
    assert_eq!(f.listed().await, [id(1)]);
}

/// Its record is kept for two weeks, and each extension is by an hour.
pub(crate) async fn a_session_that_is_listed_again_stays_listed_until_the_stored_deadline(
    mut f: Fixture,
) {
    let record = RecordBuilder::new(1).principal("ada");
    let record = record.expires_at(after(14 * 86_400)).build();
    _ = f.store.create(&record).await.unwrap();
    f.lose_index().await;
    f.touched_for_an_hour(&record).await;
    f.index_outlives(id(1)).await;
    f.lose_index().await;
    f.replaced_until(&record, record.last_active_at + Duration::HOUR)
        .await;
    f.index_outlives(id(1)).await;
}

pub(crate) async fn a_session_is_listed_again_once_for_all_extensions(mut f: Fixture) {
    let record = f.created_for_ada(1).await;
    for second in 1..20 {
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.expires_at + Duration::seconds(second),
        };
        f.touched(&record, extension).await;
    }
    assert_eq!(f.entries().await.len(), 2);
}

pub(crate) async fn an_index_of_another_type_blocks_nothing(mut f: Fixture) {
    let index = f.index_of_ada();
    let owner = &principal("ada");
    for _ in 0..2 {
        let _: () = f.connection.set(&index, "4111").await.unwrap();
        assert_eq!(f.listed().await, []);
        let _: () = f.connection.set(&index, "4111").await.unwrap();
        f.created_for_ada(1).await;
        assert_eq!(f.listed().await, [id(1)]);
        assert_eq!(f.store.delete_all_of(owner, None).await.unwrap(), 1);
    }
}

impl Fixture {
    fn index_of_origin(&self) -> String {
        format!("{}from:{}", self.store.prefix(), "07".repeat(16))
    }

    async fn created_with_origin(&self, n: u64) -> Arc<SessionRecord> {
        let record = RecordBuilder::new(n).principal("ada");
        let record = record.origin(Some([7; 16])).build();
        _ = self.store.create(&record).await.unwrap();
        record
    }

    async fn end_origin(&self) -> u64 {
        let origin = OriginHash::from_bytes([7; 16]);
        self.store.delete_all_of_origin(&origin).await.unwrap()
    }
}

pub(crate) async fn an_origin_is_listed_again_when_a_deadline_moves(mut f: Fixture) {
    let touched = f.created_with_origin(1).await;
    let replaced = f.created_with_origin(2).await;
    f.created_with_origin(3).await;
    let index = f.index_of_origin();
    let _: () = f.connection.del(&index).await.unwrap();
    assert_eq!(f.end_origin().await, 0);
    let extension = Extension {
        last_active_at: touched.last_active_at,
        expires_at: touched.expires_at + Duration::SECOND,
    };
    f.touched(&touched, extension).await;
    assert_eq!(f.end_origin().await, 1);
    f.replaced_until(&replaced, replaced.expires_at + Duration::SECOND)
        .await;
    assert_eq!(f.end_origin().await, 1);
    assert_eq!(f.listed().await, [id(3)]);
}

pub(crate) async fn an_origin_is_listed_again_whatever_the_stored_deadline_is(mut f: Fixture) {
    let touched = f.created_with_origin(1).await;
    let renewed = f.created_with_origin(2).await;
    f.created_with_origin(3).await;
    let index = f.index_of_origin();
    let _: () = f.connection.del(&index).await.unwrap();
    f.touched_for_an_hour(&touched).await;
    assert_eq!(f.end_origin().await, 1);
    let next = successor(&renewed).secret([9; 32]);
    let next = next.expires_at(renewed.expires_at - Duration::HOUR).build();
    _ = f.store.replace(&next, renewed.revision).await.unwrap();
    assert_eq!(f.end_origin().await, 1);
    assert_eq!(f.listed().await, [id(3)]);
}

pub(crate) async fn an_index_of_an_origin_of_another_type_blocks_nothing(mut f: Fixture) {
    let index = f.index_of_origin();
    for _ in 0..2 {
        let _: () = f.connection.set(&index, "4111").await.unwrap();
        assert_eq!(f.end_origin().await, 0);
        let _: () = f.connection.set(&index, "4111").await.unwrap();
        f.created_with_origin(1).await;
        assert_eq!(f.end_origin().await, 1);
    }
}

/// The index lists a session that lost the origin, a damaged one, and the key of another program.
pub(crate) async fn an_index_of_an_origin_ends_only_its_own_sessions(mut f: Fixture) {
    let moved = f.created_with_origin(1).await;
    let moved_on = successor(&moved).origin(None).build();
    let outcome = f.store.replace(&moved_on, moved.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    let damaged = f.created_with_origin(2).await;
    let damaged = f.key(&damaged);
    let _: () = f.connection.set(&damaged, &[1_u8; 75][..]).await.unwrap();
    let taken = f.created_with_origin(3).await;
    let taken = f.key(&taken);
    f.replace_key(&taken, "RPUSH").await;
    f.created_with_origin(4).await;
    assert_eq!(f.end_origin().await, 1);
    assert_eq!(f.store.load(id(1)).await.unwrap(), Some(moved_on));
    let left: u64 = f.connection.exists(&[damaged, taken]).await.unwrap();
    assert_eq!(left, 2);
}

pub(crate) async fn an_entry_of_another_form_blocks_nothing_and_is_removed(mut f: Fixture) {
    f.created_for_ada(1).await;
    let index = f.index_of_ada();
    let later = 9_000_000_000_000_i64;
    let _: () = f.connection.zadd(&index, "4111", later).await.unwrap();
    assert_eq!(f.entries().await.len(), 2);
    assert_eq!(f.listed().await, [id(1)]);
    assert_eq!(f.entries().await.len(), 1);
    let owner = &principal("ada");
    assert_eq!(f.store.delete_all_of(owner, None).await.unwrap(), 1);
}
