//! Records come back exactly as they were given: times to the microsecond, texts to the byte.

use session::store::{PreviousSecret, ReplaceOutcome, SealedSecret, SecretHash};
use time::{Date, Duration, Month, Time, UtcDateTime};

use crate::expect::expect;
use crate::record::next;
use crate::{RecordBuilder, StoreUnderTest, after, id, start};

/// Every time has six decimals of a second.
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

/// The last microsecond that the calendar knows: a policy without an absolute timeout leads there.
pub async fn the_end_of_the_calendar_is_a_valid_time(store: StoreUnderTest) {
    let last = UtcDateTime::MAX;
    let last = last - Duration::nanoseconds(i64::from(last.nanosecond() % 1_000));
    let record = store.given(with_times(1, |_| last)).await;
    store
        .holds("times in the year 9999 are kept", &record)
        .await;
}

/// Times around which time zones and calendars stumble.
pub async fn times_depend_on_no_time_zone(store: StoreUnderTest) {
    let promise = "times are kept, whatever the time zone of the store";
    let times = [
        (2100, Month::February, 28, 23, 59), // not a leap year
        (2104, Month::February, 29, 12, 0),
        (2100, Month::March, 14, 7, 30), // clocks change in New York
        (2100, Month::March, 28, 1, 30), // and in Berlin
        (2100, Month::October, 31, 0, 30),
        (2100, Month::October, 31, 1, 30),
        (2100, Month::December, 31, 23, 59),
    ];
    for (n, (year, month, day, hour, minute)) in times.into_iter().enumerate() {
        let date = Date::from_calendar_date(year, month, day).expect("it is in the calendar");
        let time = Time::from_hms_micro(hour, minute, 59, 999_999).expect("it is on the clock");
        let moment = UtcDateTime::new(date, time);
        let record = store.given(with_times(n as u64, |_| moment)).await;
        store.holds(promise, &record).await;
    }
}

/// The largest number is a revision like any other.
pub async fn large_revisions_are_kept(store: StoreUnderTest) {
    let promise = "revisions are kept up to the largest 64-bit number";
    let numbers = [
        i64::from(i32::MAX),
        i64::from(u32::MAX),
        1 << 53,
        i64::MAX - 1,
    ];
    for (n, number) in numbers.into_iter().enumerate() {
        let record = RecordBuilder::new(n as u64).revision(number).build();
        let record = store.given(record).await;
        store.holds(promise, &record).await;
        let newer = next(&record, r#"{"newer":true}"#);
        let outcome = store.replace(&newer, record.revision).await;
        expect(promise, ReplaceOutcome::Replaced, outcome);
        store.holds(promise, &newer).await;
    }
}

/// A hash is bytes, not text: zeros at the end, and bytes that are no UTF-8, belong to it.
pub async fn secrets_may_have_any_bytes(store: StoreUnderTest) {
    let promise = "the hash of the secret is kept byte for byte";
    let blocks = (0_u8..8).map(|block| std::array::from_fn(|i| block * 32 + i as u8));
    let special = [[0; 32], [0xff; 32], [b' '; 32], [b'\\'; 32], [b'\''; 32]];
    for (n, hash) in blocks.chain(special).enumerate() {
        let record = store.given(RecordBuilder::new(n as u64).secret(hash)).await;
        store.holds(promise, &record).await;
    }
}

/// The previous secret consists of three fields, of any bytes.
pub async fn previous_secrets_may_have_any_bytes(store: StoreUnderTest) {
    let promise = "the previous secret is kept whole";
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

/// 255 bytes, of characters of one, two, three and four bytes.
pub async fn the_longest_labels_are_kept(store: StoreUnderTest) {
    let promise = "labels are kept up to 255 bytes";
    let labels = [
        "x".repeat(255),
        format!("{}x", "é".repeat(127)),
        "語".repeat(85),
        format!("{}abc", "🦀".repeat(63)),
    ];
    for (n, label) in labels.iter().enumerate() {
        assert_eq!(label.len(), 255, "the test tests the longest label");
        let record = store.given(RecordBuilder::new(n as u64).label(label)).await;
        store.holds(promise, &record).await;
    }
}

/// Some databases take the one for the other.
pub async fn an_empty_label_is_not_a_missing_one(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).label("")).await;
    store
        .holds("an empty label is kept, and is not none", &record)
        .await;
}

/// Nothing in a label means anything to the store.
pub async fn labels_are_kept_to_the_byte(store: StoreUnderTest) {
    let promise = "labels are kept byte for byte";
    for (n, label) in AWKWARD_TEXTS.iter().enumerate() {
        let record = store.given(RecordBuilder::new(n as u64).label(label)).await;
        store.holds(promise, &record).await;
    }
}

/// Nothing in the name of a principal means anything to the store.
pub async fn principals_are_kept_to_the_byte(store: StoreUnderTest) {
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

/// A record whose times are those seconds after the start, as `time` makes them.
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
