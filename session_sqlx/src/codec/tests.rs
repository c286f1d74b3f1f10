//! Rows as a damaged database may return them.

use session::store::StoreErrorKind;
use time::macros::utc_datetime;

use super::*;

/// A row in memory.
#[derive(Clone)]
struct Row([Cell; 18]);

#[derive(Clone)]
enum Cell {
    Null,
    Id(Uuid),
    Number(i64),
    Bytes(Vec<u8>),
}

impl Row {
    fn of(record: &SessionRecord) -> Self {
        let mut values = [Value::id(record.id); 18];
        values[1..].copy_from_slice(&fields(record));
        Self(values.map(Cell::from))
    }

    fn with(mut self, column: usize, cell: Cell) -> Self {
        self.0[column] = cell;
        self
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Id(id) | Value::OptionalId(Some(id)) => Self::Id(id),
            Value::Small(number) => Self::Number(number.into()),
            Value::Number(number) | Value::OptionalNumber(Some(number)) => Self::Number(number),
            Value::Bytes(bytes) | Value::OptionalBytes(Some(bytes)) => Self::Bytes(bytes.to_vec()),
            _ => Self::Null,
        }
    }
}

impl Columns for Row {
    fn id(&self, n: usize) -> Option<Uuid> {
        match self.0[n] {
            Cell::Id(id) => Some(id),
            _ => None,
        }
    }

    fn small(&self, n: usize) -> Option<i16> {
        self.number(n)?.try_into().ok()
    }

    fn number(&self, n: usize) -> Option<i64> {
        self.optional_number(n)?
    }

    fn optional_number(&self, n: usize) -> Option<Option<i64>> {
        match self.0[n] {
            Cell::Null => Some(None),
            Cell::Number(number) => Some(Some(number)),
            _ => None,
        }
    }

    fn bytes(&self, n: usize) -> Option<&[u8]> {
        self.optional_bytes(n)?
    }

    fn optional_bytes(&self, n: usize) -> Option<Option<&[u8]>> {
        match &self.0[n] {
            Cell::Null => Some(None),
            Cell::Bytes(bytes) => Some(Some(bytes)),
            _ => None,
        }
    }
}

fn complete() -> SessionRecord {
    let time = utc_datetime!(2100-02-28 23:59:59.123456);
    SessionRecord {
        id: "0198c3a4-5f6e-7abc-8def-0123456789ab".parse().unwrap(),
        revision: Revision::from_i64(7),
        secret: SecretHash::from_bytes([1; 32]),
        secret_issued_at: time,
        previous_secret: Some(PreviousSecret {
            hash: SecretHash::from_bytes([2; 32]),
            valid_until: time,
            successor: SealedSecret::from_bytes([3; 16]),
        }),
        principal: Some(Principal::new("ada").unwrap()),
        created_at: time,
        authenticated_at: Some(time),
        last_active_at: time,
        expires_at: time,
        label: Some(Label::new("Firefox")),
        stamp: Some(StampHash::from_bytes([4; 16])),
        origin: Some(OriginHash::from_bytes([5; 16])),
        lifetime: Lifetime::Remembered,
        state: SerializedState::from_json("{}"),
    }
}

#[test]
fn a_record_comes_back_as_it_was() {
    assert_eq!(record(&Row::of(&complete())), Ok(complete()));
    let bare = SessionRecord {
        previous_secret: None,
        principal: None,
        authenticated_at: None,
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::Ordinary,
        ..complete()
    };
    assert_eq!(record(&Row::of(&bare)), Ok(bare));
}

#[test]
fn a_value_that_cannot_be_is_named_and_not_shown() {
    let no_text = || Cell::Bytes(b"ada\xff".to_vec());
    let damages = [
        (0, Cell::Id(Uuid::nil()), "id"),
        (1, Cell::Null, "version"),
        (2, Cell::Null, "revision"),
        (3, Cell::Bytes(vec![0; 31]), "secret"),
        (4, Cell::Null, "secret_issued_at"),
        (5, Cell::Bytes(vec![0; 33]), "previous_secret"),
        (6, Cell::Number(i64::MAX), "previous_secret"),
        (7, Cell::Bytes(vec![0; 15]), "previous_secret"),
        (8, Cell::Bytes(Vec::new()), "principal"),
        (8, no_text(), "principal"),
        (9, Cell::Number(i64::MAX), "created_at"),
        (10, Cell::Number(i64::MIN), "authenticated_at"),
        (11, Cell::Bytes(Vec::new()), "last_active_at"),
        (12, Cell::Number(i64::MAX), "expires_at"),
        (13, Cell::Bytes(b"a\nb".to_vec()), "label"),
        (13, no_text(), "label"),
        (14, Cell::Bytes(vec![0; 15]), "stamp"),
        (15, Cell::Bytes(vec![0; 17]), "origin"),
        (16, Cell::Null, "lifetime"),
        (16, Cell::Number(-1), "lifetime"),
        (16, Cell::Number(3), "lifetime"),
        (16, Cell::Number(256), "lifetime"),
        (17, no_text(), "state"),
        (17, Cell::Null, "state"),
    ];
    for (column, damage, name) in damages {
        let row = Row::of(&complete()).with(column, damage);
        let unreadable = record(&row).unwrap_err();
        assert_eq!(unreadable, Unreadable::Column(name));
        assert!(!format!("{unreadable} {unreadable:?}").contains("ada"));
        let error = StoreError::from(unreadable);
        assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
    }
}

#[test]
fn another_version_is_refused_before_anything_else_is_read() {
    for version in [0, 2, i16::MAX] {
        let row = Row::of(&complete()).with(1, Cell::Number(version.into()));
        let row = row.with(3, Cell::Null);
        assert_eq!(record(&row), Err(Unreadable::Version(version)));
    }
}

#[test]
fn a_malformed_id_is_before_the_id_that_is_returned_for_it() {
    let id = Uuid::from_u128(7 << 8 | 0xff);
    let long = [id.as_bytes().as_slice(), &[0]].concat();
    for (bytes, found) in [
        (vec![], Some(Uuid::nil())),
        (id.as_bytes()[..15].to_vec(), Some(Uuid::from_u128(7 << 8))),
        (long, Some(Uuid::from_u128(8 << 8))),
        (vec![0xff; 15], Some(Uuid::from_u128(u128::MAX - 0xff))),
        (vec![0xff; 17], None),
    ] {
        let row = Row::of(&complete()).with(0, Cell::Bytes(bytes));
        assert_eq!(any_id(&row), None);
        assert_eq!(id_at_or_after(&row), found);
    }
}
