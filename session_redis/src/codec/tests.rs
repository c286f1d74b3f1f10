//! Values as a damaged Redis may return them.

use session_conformance::{RecordBuilder, after, id};
use time::UtcDateTime;

use super::*;

#[test]
fn a_value_is_read_as_it_was_written() {
    for record in [
        RecordBuilder::new(1).build(),
        RecordBuilder::complete(1).build(),
        RecordBuilder::complete(1)
            .principal(&"x".repeat(255))
            .build(),
        RecordBuilder::complete(1).label(&"é".repeat(127)).build(),
        RecordBuilder::new(1).label("").state("").build(),
    ] {
        let value = encode(&record, Some(77));
        assert_eq!(super::record(record.id, &value).as_ref(), Ok(&*record));
        let part = &value[..value.len().min(SUMMARY_BYTES)];
        let expected = (record.principal.clone(), record.summary());
        assert_eq!(summary(record.id, part), Ok(expected));
    }
}

#[test]
fn the_longest_summary_fits() {
    let record = RecordBuilder::complete(1).principal(&"x".repeat(255));
    let record = record.label(&"y".repeat(255)).state("").build();
    let value = encode(&record, None);
    assert!(summary(record.id, &value[..SUMMARY_BYTES]).is_ok());
    assert!(summary(record.id, &value[..SUMMARY_BYTES - 1]).is_err());
}

#[test]
fn a_value_that_is_cut_is_unreadable() {
    let record = RecordBuilder::complete(1).state("").build();
    let value = encode(&record, None);
    for len in 0..value.len() {
        let read = super::record(record.id, &value[..len]);
        assert!(matches!(read, Err(Unreadable::Field(_))), "{len}: {read:?}");
    }
}

#[test]
fn no_value_makes_a_panic() {
    let value = encode(&RecordBuilder::complete(1).build(), None);
    for at in 0..value.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut damaged = value.clone();
            damaged[at] = byte;
            _ = super::record(id(1), &damaged);
            _ = summary(id(1), &damaged);
        }
    }
}

#[test]
fn a_newer_version_is_named_and_listed_by_its_head() {
    let record = RecordBuilder::complete(1).build();
    let mut value = encode(&record, None);
    value[0] = SessionRecord::VERSION + 1;
    let read = super::record(record.id, &value);
    assert_eq!(read, Err(Unreadable::Version(SessionRecord::VERSION + 1)));
    let (principal, summary) = summary(record.id, &value).unwrap();
    assert_eq!(principal, record.principal);
    assert_eq!(summary.expires_at, record.expires_at);
}

#[test]
fn the_order_of_numbers_is_that_of_their_bytes() {
    let numbers = [i64::MIN, -257, -256, -1, 0, 1, 255, 256, 1 << 32, i64::MAX];
    for pair in numbers.windows(2) {
        assert!(ordered(pair[0]) < ordered(pair[1]), "{pair:?}");
    }
    for n in numbers {
        assert_eq!(number(ordered(n)), n);
    }
}

#[test]
fn nothing_expires_before_its_deadline() {
    for micros in [0, 1, 999, 1_000, 1_001, 1_999_999] {
        let deadline = after(0) + time::Duration::microseconds(micros);
        let nanos = i128::from(expiry(deadline)) * 1_000_000;
        let expiry = UtcDateTime::from_unix_timestamp_nanos(nanos).unwrap();
        assert!(expiry >= deadline, "{micros}");
        assert!(
            expiry - deadline <= time::Duration::milliseconds(1),
            "{micros}"
        );
    }
    assert_eq!(expiry(UtcDateTime::MIN), 1);
    assert!(expiry(UtcDateTime::MAX) > 0);
}
