use std::sync::Arc;
use std::time::Duration;

use session::store::{Lifetime, Revision, SecretHash, SerializedState, SessionRecord};
use session::{Clock, Principal, SessionId};
use time::UtcDateTime;

/// The number of sessions of each principal.
pub(super) const OF_PRINCIPAL: u64 = 5;

/// The number of sessions of each fill that have expired already.
pub(super) const EXPIRED: u64 = 25_000;

/// Returns the id of the session with a number.
///
/// Real ids are ordered by time, and their other bits are random.
pub(super) fn id_text(n: u64) -> String {
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        0x0198_c3a4 + (n >> 16),
        n & 0xffff,
        spread & 0xfff,
        0x8000 | ((spread >> 12) & 0x3fff),
        (spread >> 16) & 0xffff_ffff_ffff,
    )
}

pub(super) fn id(n: u64) -> anyhow::Result<SessionId> {
    Ok(id_text(n).parse()?)
}

/// Returns the principal of the session with a number.
pub(super) fn principal(n: u64) -> anyhow::Result<Principal> {
    Ok(Principal::new(format!("member-{}", n / OF_PRINCIPAL))?)
}

/// Returns a session that ends in a day, or ended an hour ago.
pub(super) fn record(n: u64, is_expired: bool) -> anyhow::Result<Arc<SessionRecord>> {
    let now = Clock::system().now();
    Ok(Arc::new(SessionRecord {
        id: id(n)?,
        revision: Revision::FIRST,
        secret: secret(),
        secret_issued_at: now,
        previous_secret: None,
        principal: Some(principal(n)?),
        created_at: now,
        authenticated_at: Some(now),
        last_active_at: now,
        expires_at: deadline(now, is_expired) + Duration::from_micros(n),
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::default(),
        state: SerializedState::from_json(format!("{{\"cart\":\"{}\"}}", "x".repeat(90))),
    }))
}

pub(super) fn deadline(now: UtcDateTime, is_expired: bool) -> UtcDateTime {
    match is_expired {
        true => now - Duration::from_secs(60 * 60),
        false => now + Duration::from_secs(24 * 60 * 60),
    }
}

pub(super) fn secret() -> SecretHash {
    SecretHash::from_bytes([7; 32])
}
