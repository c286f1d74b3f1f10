use std::sync::Arc;

use session::store::{
    Label, Lifetime, OriginHash, PreviousSecret, Principal, Revision, SealedSecret, SecretHash,
    SerializedState, SessionRecord, StampHash,
};
use session::{Clock, SessionId};
use time::{Duration, UtcDateTime};
use uuid::Uuid;

/// Returns the start of the year 2100, from which all times of the suite are counted.
///
/// It is in the future, so that a store which removes expired records by its own clock keeps the
/// records of the suite.
///
/// # Example
///
/// ```
/// assert_eq!(session_conformance::start().year(), 2100);
/// ```
pub fn start() -> UtcDateTime {
    let start = UtcDateTime::from_unix_timestamp(4_102_444_800);
    start.expect("the year 2100 is representable")
}

/// Returns the time `seconds` after [`start`].
///
/// # Example
///
/// ```
/// use session_conformance::{after, start};
///
/// assert_eq!((after(90) - start()).whole_minutes(), 1);
/// ```
pub fn after(seconds: i64) -> UtcDateTime {
    start() + Duration::seconds(seconds)
}

/// Returns a time that has passed by every clock.
pub(crate) fn long_ago() -> UtcDateTime {
    Clock::system().now() - Duration::days(2)
}

/// Returns the last microsecond of the calendar.
pub(crate) fn end_of_calendar() -> UtcDateTime {
    let last = UtcDateTime::MAX;
    last - Duration::nanoseconds(i64::from(last.nanosecond() % 1_000))
}

/// Returns the id with the number `n`. The order of ids is the order of their numbers.
///
/// # Panics
///
/// Panics if `n` has more than 62 bits, for which a UUIDv7 has no room.
///
/// # Example
///
/// ```
/// use session_conformance::id;
///
/// assert!(id(1) < id(2) && id(255) < id(256));
/// ```
pub fn id(n: u64) -> SessionId {
    assert!(
        n < 1 << 62,
        "a UUIDv7 has room for 62 bits, and {n} has more"
    );
    let millis = 4_102_444_800_000_u128;
    let uuid = Uuid::from_u128((millis << 80) | (0x7 << 76) | (0b10 << 62) | u128::from(n));
    SessionId::try_from(uuid).expect("the UUID has version 7")
}

/// Returns the principal with this name.
///
/// # Panics
///
/// Panics if the name is not a valid [`Principal`].
///
/// # Example
///
/// ```
/// assert_eq!(session_conformance::principal("ada").as_str(), "ada");
/// ```
pub fn principal(name: &str) -> Principal {
    Principal::new(name).expect("the name is a valid principal")
}

/// A builder of session records for tests: those of the suite, and those of your backend.
///
/// Records with different numbers differ in id and secret. All times are in the future: see
/// [`start`].
///
/// # Example
///
/// ```
/// use session_conformance::{RecordBuilder, after, id};
///
/// let record = RecordBuilder::new(1).principal("ada").expires_at(after(60)).build();
/// assert_eq!(record.id, id(1));
/// assert_eq!(record.label, None);
/// ```
#[derive(Clone, Debug)]
pub struct RecordBuilder(SessionRecord);

impl RecordBuilder {
    /// Starts from record `n`, which has an empty state and no optional fields, and expires one day
    /// after [`start`].
    pub fn new(n: u64) -> Self {
        Self(SessionRecord {
            id: id(n),
            revision: Revision::FIRST,
            secret: secret(n),
            secret_issued_at: start(),
            previous_secret: None,
            principal: None,
            created_at: start(),
            authenticated_at: None,
            last_active_at: start(),
            expires_at: start() + Duration::DAY,
            label: None,
            stamp: None,
            origin: None,
            lifetime: Lifetime::Ordinary,
            state: SerializedState::from_json("{}"),
        })
    }

    /// Starts from record `n` with all fields set. Each time has a different value.
    pub fn complete(n: u64) -> Self {
        let micros = Duration::microseconds(n as i64 % 1_000);
        Self::new(n)
            .secret_issued_at(after(10) + micros)
            .previous_secret(Some(previous_secret(n)))
            .principal(&format!("principal-{n}"))
            .created_at(after(1) + micros)
            .authenticated_at(Some(after(20) + micros))
            .last_active_at(after(40) + micros)
            .expires_at(after(5_000) + micros)
            .label(&format!("Browser № {n}"))
            .stamp(Some(spread(n + 300)))
            .origin(Some(spread(n + 400)))
            .lifetime(Lifetime::Remembered)
            .state(&format!(r#"{{"number":{n},"text":"é"}}"#))
    }

    /// Sets [`SessionRecord::id`].
    pub fn id(mut self, id: SessionId) -> Self {
        self.0.id = id;
        self
    }

    /// Sets [`SessionRecord::revision`].
    pub fn revision(mut self, revision: i64) -> Self {
        self.0.revision = Revision::from_i64(revision);
        self
    }

    /// Sets [`SessionRecord::secret`].
    pub fn secret(mut self, hash: [u8; 32]) -> Self {
        self.0.secret = SecretHash::from_bytes(hash);
        self
    }

    /// Sets [`SessionRecord::secret_issued_at`].
    pub fn secret_issued_at(mut self, time: UtcDateTime) -> Self {
        self.0.secret_issued_at = time;
        self
    }

    /// Sets [`SessionRecord::previous_secret`].
    pub fn previous_secret(mut self, previous: Option<PreviousSecret>) -> Self {
        self.0.previous_secret = previous;
        self
    }

    /// Sets [`SessionRecord::principal`].
    ///
    /// # Panics
    ///
    /// Panics if the name is not a valid [`Principal`].
    pub fn principal(mut self, name: &str) -> Self {
        self.0.principal = Some(principal(name));
        self
    }

    /// Clears [`SessionRecord::principal`].
    pub fn without_principal(mut self) -> Self {
        self.0.principal = None;
        self
    }

    /// Sets [`SessionRecord::created_at`].
    pub fn created_at(mut self, time: UtcDateTime) -> Self {
        self.0.created_at = time;
        self
    }

    /// Sets [`SessionRecord::authenticated_at`].
    pub fn authenticated_at(mut self, time: Option<UtcDateTime>) -> Self {
        self.0.authenticated_at = time;
        self
    }

    /// Sets [`SessionRecord::last_active_at`].
    pub fn last_active_at(mut self, time: UtcDateTime) -> Self {
        self.0.last_active_at = time;
        self
    }

    /// Sets [`SessionRecord::expires_at`].
    pub fn expires_at(mut self, time: UtcDateTime) -> Self {
        self.0.expires_at = time;
        self
    }

    /// Sets [`SessionRecord::label`].
    pub fn label(mut self, text: &str) -> Self {
        self.0.label = Some(Label::new(text));
        self
    }

    /// Sets [`SessionRecord::stamp`].
    pub fn stamp(mut self, stamp: Option<[u8; 16]>) -> Self {
        self.0.stamp = stamp.map(StampHash::from_bytes);
        self
    }

    /// Sets [`SessionRecord::origin`].
    pub fn origin(mut self, origin: Option<[u8; 16]>) -> Self {
        self.0.origin = origin.map(OriginHash::from_bytes);
        self
    }

    /// Sets [`SessionRecord::lifetime`].
    pub fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.0.lifetime = lifetime;
        self
    }

    /// Sets [`SessionRecord::state`].
    pub fn state(mut self, json: &str) -> Self {
        self.0.state = SerializedState::from_json(json);
        self
    }

    /// Returns the record.
    pub fn build(self) -> Arc<SessionRecord> {
        Arc::new(self.0)
    }
}

/// Starts from an existing record.
impl From<Arc<SessionRecord>> for RecordBuilder {
    fn from(record: Arc<SessionRecord>) -> Self {
        Self(Arc::unwrap_or_clone(record))
    }
}

/// Returns the next revision of a record, with another state.
pub(crate) fn next(record: &Arc<SessionRecord>, state: &str) -> Arc<SessionRecord> {
    let revision = record.revision.next().as_i64();
    RecordBuilder::from(record.clone())
        .revision(revision)
        .state(state)
        .build()
}

pub(crate) fn previous_secret(n: u64) -> PreviousSecret {
    PreviousSecret {
        hash: secret(n + 100),
        valid_until: after(70) + Duration::microseconds(n as i64 % 1_000),
        successor: SealedSecret::from_bytes(spread(n + 200)),
    }
}

/// Returns the secret of record `n`.
pub(crate) fn secret(n: u64) -> SecretHash {
    SecretHash::from_bytes(spread(n))
}

/// Returns bytes that differ from number to number.
fn spread<const LEN: usize>(n: u64) -> [u8; LEN] {
    std::array::from_fn(|i| {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (8 * (i % 8))) as u8 ^ i as u8
    })
}
