#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use super::*;
use crate::clock::Clock;
use crate::store::{Lifetime, Revision, SerializedState};
use crate::token::SessionToken;

const BOUND: Duration = Duration::from_secs(1);

fn record(state: String) -> Arc<SessionRecord> {
    let now = Clock::system().now();
    let token = SessionToken::generate(now).unwrap();
    Arc::new(SessionRecord {
        id: token.id,
        revision: Revision::FIRST,
        secret: token.secret.hash(),
        secret_issued_at: now,
        previous_secret: None,
        principal: None,
        created_at: now,
        authenticated_at: None,
        last_active_at: now,
        expires_at: now,
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::Ordinary,
        state: SerializedState::from_json(state),
    })
}

/// Copies in use, and a record that was loaded.
fn loaded(copies: &Copies, record: &Arc<SessionRecord>) -> bool {
    copies.get(record.id, BOUND);
    let loading = copies.begin(record.id).unwrap();
    loading.end(Some(record), BOUND);
    copies.get(record.id, BOUND).is_some()
}

/// The numbers of copies and of bytes that are kept.
fn size(copies: &Copies) -> (usize, usize) {
    let shards = &copies.0.get().unwrap().shards;
    let sizes = shards.iter().map(|shard| {
        let shard = shard.lock().unwrap();
        let both = [&shard.young, &shard.old];
        let bytes: usize = both.iter().map(|it| it.bytes).sum();
        let actual = both.iter().flat_map(|it| it.copies.values().map(Copy::len));
        assert_eq!(bytes, actual.sum::<usize>());
        (both.iter().map(|it| it.copies.len()).sum::<usize>(), bytes)
    });
    sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
}

#[test]
fn nothing_is_kept_before_somebody_asks_for_a_copy() {
    let copies = Copies::default();
    let record = record("{}".to_owned());
    assert!(copies.begin(record.id).is_none());
    drop(copies.changing(record.id));
    drop(copies.changing_all());
    assert!(copies.0.get().is_none());
    assert!(loaded(&copies, &record));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_copies_is_limited() {
    let copies = Copies::default();
    let most = 2 * SHARDS * MAX_COPIES;
    for _ in 0..most + most / 2 {
        assert!(loaded(&copies, &record("{}".to_owned())));
    }
    let (number, _) = size(&copies);
    assert!((most / 2..=most).contains(&number), "{number} copies");
}

#[tokio::test(start_paused = true)]
async fn the_bytes_of_the_copies_are_limited() {
    let copies = Copies::default();
    for _ in 0..4 * SHARDS * 4 {
        assert!(loaded(&copies, &record(" ".repeat(MAX_BYTES / 2))));
    }
    let (_, bytes) = size(&copies);
    let most = 2 * SHARDS * MAX_BYTES;
    assert!((most / 2..=most).contains(&bytes), "{bytes} bytes");
    assert!(!loaded(&copies, &record(" ".repeat(MAX_BYTES + 1))));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_loaded_again_and_again_has_one_copy() {
    let copies = Copies::default();
    let one = record("{}".to_owned());
    for _ in 0..3 {
        assert!(loaded(&copies, &one));
    }
    assert_eq!(size(&copies), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_was_overtaken_or_took_too_long_leaves_no_copy() {
    let copies = Copies::default();
    let record = record("{}".to_owned());
    copies.get(record.id, BOUND);
    for is_late in [false, true] {
        let loading = copies.begin(record.id).unwrap();
        match is_late {
            true => tokio::time::advance(BOUND).await,
            false => drop(copies.changing(record.id)),
        }
        loading.end(Some(&record), BOUND);
        assert_eq!(size(&copies), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn copies_that_are_too_old_make_room() {
    let copies = Copies::default();
    let record = record("{}".to_owned());
    for _ in 0..4 {
        assert!(loaded(&copies, &record));
        tokio::time::advance(BOUND).await;
    }
    assert_eq!(size(&copies).0, 2, "one in each generation");
}

#[test]
fn the_debug_form_of_copies_shows_no_record() {
    let copies = Copies::default();
    loaded(&copies, &record("{}".to_owned()));
    assert_eq!(format!("{copies:?}"), "Copies { in_use: true, .. }");
}
