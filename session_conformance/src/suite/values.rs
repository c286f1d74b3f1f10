//! Records are returned exactly as given: times to the microsecond, texts byte for byte.

use session::store::{Lifetime, OriginHash, PreviousSecret, SealedSecret, SecretHash};
use time::{Date, Duration, Month, Time, UtcDateTime};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, end_of_calendar, id, next, principal, start};
use crate::store::StoreUnderTest;

/// Checks that every time keeps six decimal places of a second.
pub async fn times_are_kept_to_the_microsecond(store: StoreUnderTest) {
    let promise = "times are kept to the microsecond";
    for (n, micros) in [1, 999, 1_001, 123_456, 500_000, 999_999]
        .into_iter()
        .enumerate()
    {
        let micros = Duration::microseconds(micros);
        let record = with_times(n as u64, |seconds| after(seconds) + micros);
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// Checks the last microsecond of the calendar, which is the deadline under a policy without an
/// absolute timeout.
pub async fn times_at_the_end_of_the_calendar_are_kept(store: StoreUnderTest) {
    let promise = "times in the year 9999 are kept";
    let record = store.given(with_times(1, |_| end_of_calendar())).await;
    store.holds(promise, &record).await;
}

/// Times that are special in some time zone or calendar.
const SPECIAL_TIMES: [(i32, Month, u8, u8, u8); 7] = [
    (2100, Month::February, 28, 23, 59), // 2100 is not a leap year
    (2104, Month::February, 29, 12, 0),
    (2100, Month::March, 14, 7, 30), // clocks change in New York
    (2100, Month::March, 28, 1, 30), // clocks change in Berlin
    (2100, Month::October, 31, 0, 30),
    (2100, Month::October, 31, 1, 30),
    (2100, Month::December, 31, 23, 59),
];

/// Checks times that are special in some time zone or calendar.
pub async fn times_do_not_depend_on_a_time_zone(store: StoreUnderTest) {
    let promise = "times are kept, whatever the time zone of the store";
    for (n, (year, month, day, hour, minute)) in SPECIAL_TIMES.into_iter().enumerate() {
        let date = Date::from_calendar_date(year, month, day).expect("the date exists");
        let time = Time::from_hms_micro(hour, minute, 59, 999_999).expect("the time exists");
        let moment = UtcDateTime::new(date, time);
        let record = store.given(with_times(n as u64, |_| moment)).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that revisions may be as large as a signed 64-bit number.
pub async fn large_revisions_are_kept(store: StoreUnderTest) {
    let promise = "revisions are kept up to the largest 64-bit number";
    let numbers = [(1 << 31) - 1, (1 << 32) - 1, 1 << 53, i64::MAX - 1];
    for (n, number) in numbers.into_iter().enumerate() {
        let record = RecordBuilder::new(n as u64).revision(number).build();
        let record = store.given(record).await;
        store.holds(promise, &record).await;
        let newer = next(&record, r#"{"newer":true}"#);
        store.replaced(promise, &newer, record.revision).await;
        store.holds(promise, &newer).await;
    }
}

/// Checks that hashes are stored as bytes and not as text: trailing zeros and invalid UTF-8 are
/// significant.
pub async fn secrets_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "the hash of the secret is kept byte for byte";
    let blocks = (0_u8..8).map(|block| std::array::from_fn(|i| block * 32 + i as u8));
    let special = [[0; 32], [0xff; 32], [b' '; 32], [b'\\'; 32], [b'\''; 32]];
    for (n, hash) in blocks.chain(special).enumerate() {
        let record = store.given(RecordBuilder::new(n as u64).secret(hash)).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that stamps are stored as bytes: trailing zeros and invalid UTF-8 are significant.
pub async fn stamps_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "the hash of the stamp is kept byte for byte";
    let blocks = (0_u8..16).map(|block| std::array::from_fn(|i| block * 16 + i as u8));
    let special = [[0; 16], [0xff; 16], [b' '; 16], [b'\\'; 16], [b'\''; 16]];
    for (n, stamp) in blocks.chain(special).enumerate() {
        let record = store
            .given(RecordBuilder::new(n as u64).stamp(Some(stamp)))
            .await;
        store.holds(promise, &record).await;
    }
}

/// Checks that origins are stored as bytes, and that sessions are found by all of them.
pub async fn origins_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "the hash of the origin is kept byte for byte, and finds its session";
    let blocks = (0_u8..16).map(|block| std::array::from_fn(|i| block * 16 + i as u8));
    let special = [[0; 16], [0xff; 16], [b' '; 16], [b'\\'; 16], [b'\''; 16]];
    let origins: Vec<_> = blocks.chain(special).collect();
    for (n, origin) in (0..).zip(&origins) {
        let record = RecordBuilder::new(n).origin(Some(*origin));
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
    for origin in origins {
        let origin = OriginHash::from_bytes(origin);
        expect(promise, 1, store.delete_all_of_origin(&origin).await);
    }
}

/// Checks that creations and replacements keep the lifetime, and that lists show it.
pub async fn lifetimes_are_kept(store: StoreUnderTest) {
    let promise = "the lifetime is kept, and is in the list of sessions";
    for (n, lifetime) in LIFETIMES.into_iter().enumerate() {
        let owner = format!("principal-{n}");
        let record = RecordBuilder::new(n as u64).principal(&owner);
        let mut record = store.given(record.lifetime(lifetime)).await;
        store.holds(promise, &record).await;
        for lifetime in LIFETIMES {
            let newer = RecordBuilder::from(next(&record, "{}")).lifetime(lifetime);
            let newer = newer.build();
            store.replaced(promise, &newer, record.revision).await;
            store.holds(promise, &newer).await;
            record = newer;
            let listed = store.sessions_of(&principal(&owner)).await;
            expect(promise, vec![record.summary()], listed);
        }
    }
}

const LIFETIMES: [Lifetime; 3] = [
    Lifetime::BrowserSession,
    Lifetime::Remembered,
    Lifetime::Ordinary,
];

/// Checks that the three fields of the previous secret may contain any bytes.
pub async fn previous_secrets_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "all fields of the previous secret are kept";
    for (n, byte) in [0, 0x7f, 0x80, 0xff].into_iter().enumerate() {
        let previous = PreviousSecret {
            hash: SecretHash::from_bytes(std::array::from_fn(|i| byte ^ (i as u8 / 31))),
            valid_until: after(n as i64) + Duration::MICROSECOND,
            successor: SealedSecret::from_bytes(std::array::from_fn(|i| byte ^ (i as u8 / 15))),
        };
        let record = RecordBuilder::new(n as u64).previous_secret(Some(previous));
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// Checks labels of 255 bytes that consist of characters of one, two, three and four bytes.
pub async fn labels_of_maximum_length_are_kept(store: StoreUnderTest) {
    let promise = "labels are kept up to 255 bytes";
    let labels = [
        "x".repeat(255),
        format!("{}x", "é".repeat(127)),
        "語".repeat(85),
        format!("{}abc", "🦀".repeat(63)),
    ];
    for (n, label) in labels.iter().enumerate() {
        assert_eq!(label.len(), 255, "the label has the maximum length");
        let record = store.given(RecordBuilder::new(n as u64).label(label)).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that an empty label is not stored as a missing one; some databases confuse the two.
pub async fn an_empty_label_differs_from_no_label(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).label("")).await;
    store
        .holds("an empty label is kept as an empty label", &record)
        .await;
}

/// Checks that a store interprets nothing in a label.
pub async fn labels_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "labels are kept byte for byte";
    for (n, label) in AWKWARD_TEXTS.iter().enumerate() {
        let record = store.given(RecordBuilder::new(n as u64).label(label)).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that a store interprets nothing in the name of a principal.
pub async fn principals_are_kept_byte_for_byte(store: StoreUnderTest) {
    let promise = "principals are kept byte for byte";
    for (n, name) in AWKWARD_TEXTS.iter().enumerate() {
        let record = store
            .given(RecordBuilder::new(n as u64).principal(name))
            .await;
        store.holds(promise, &record).await;
        expect(promise, vec![id(n as u64)], store.ids_of(name).await);
    }
}

const AWKWARD_TEXTS: [&str; 12] = [
    " leading and trailing ",
    "'; DROP TABLE sessions; --",
    r#""quoted" \backslashed\ \"#,
    "100 % of_everything%",
    "$1 ? :name {0} ${x} %s",
    "null",
    "Ünïcödé — “quotes” … №",
    "e\u{301} and é",
    "👩‍👩‍👧‍👦 🏳️‍🌈 𝒳",
    "\u{202e}right to left\u{2066}",
    "\u{feff}zero\u{200b}width",
    "{principal}:*[a-z]",
];

/// Builds a record whose six times are `time(1)` to `time(6)`.
fn with_times(n: u64, time: impl Fn(i64) -> UtcDateTime) -> RecordBuilder {
    let previous = crate::record::previous_secret(n);
    RecordBuilder::complete(n)
        .created_at(time(1))
        .secret_issued_at(time(2))
        .authenticated_at(Some(time(3)))
        .last_active_at(time(4))
        .expires_at(time(5).max(start()))
        .previous_secret(Some(PreviousSecret {
            valid_until: time(6),
            ..previous
        }))
}
