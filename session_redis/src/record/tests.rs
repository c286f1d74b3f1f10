//! Values as a damaged Redis may return them.

use session::store::SessionRecord;
use session_conformance::{RecordBuilder, id};

use super::decode::{record, summary};
use super::encode::{SUMMARY_LEN, encode};
use super::head::principal_of;
use super::unreadable::Unreadable;

#[test]
fn a_value_is_decoded_to_the_record_that_was_encoded() {
    for original in [
        RecordBuilder::new(1).build(),
        RecordBuilder::complete(1).build(),
        RecordBuilder::complete(1)
            .principal(&"x".repeat(255))
            .build(),
        RecordBuilder::complete(1).label(&"é".repeat(127)).build(),
        RecordBuilder::new(1).label("").state("").build(),
    ] {
        let value = encode(&original, Some(77));
        assert_eq!(record(original.id, &value).as_ref(), Ok(&*original));
        let part = &value[..value.len().min(SUMMARY_LEN)];
        assert_eq!(summary(original.id, part), Ok(original.summary()));
        let name = original.principal.as_ref().map_or("", |it| it.as_str());
        assert_eq!(principal_of(part), Some(name.as_bytes()));
    }
}

#[test]
fn the_longest_summary_fits_in_its_part_of_the_value_exactly() {
    let record = RecordBuilder::complete(1).principal(&"x".repeat(255));
    let record = record.label(&"y".repeat(255)).state("").build();
    let value = encode(&record, None);
    assert!(summary(record.id, &value[..SUMMARY_LEN]).is_ok());
    assert!(summary(record.id, &value[..SUMMARY_LEN - 1]).is_err());
}

#[test]
fn a_truncated_value_is_unreadable() {
    let original = RecordBuilder::complete(1).state("").build();
    let value = encode(&original, None);
    for len in 0..value.len() {
        let read = record(original.id, &value[..len]);
        assert!(matches!(read, Err(Unreadable::Field(_))), "{len}: {read:?}");
    }
}

#[test]
fn no_byte_of_a_value_causes_a_panic() {
    let value = encode(&RecordBuilder::complete(1).build(), None);
    for at in 0..value.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut damaged = value.clone();
            damaged[at] = byte;
            _ = record(id(1), &damaged);
            _ = summary(id(1), &damaged);
            _ = principal_of(&damaged);
        }
    }
}

#[test]
fn a_record_of_a_newer_version_is_reported_but_its_head_is_listed() {
    let original = RecordBuilder::complete(1).build();
    let mut value = encode(&original, None);
    value[0] = SessionRecord::VERSION + 1;
    let read = record(original.id, &value);
    assert_eq!(read, Err(Unreadable::Version(SessionRecord::VERSION + 1)));
    let summary = summary(original.id, &value).unwrap();
    assert_eq!(summary.expires_at, original.expires_at);
    assert_eq!(summary.label, None);
}
