//! Faults that change the values of records.

use session::store::{Extension, Label, Lifetime, Revision, SerializedState, SessionRecord};
use session::testing::{Answer, Interceptor, Operation};
use time::UtcDateTime;

use crate::fault::{Fault, Outcome, Store, changed, fault};

/// A loss of information on the way into the store.
pub trait Lossy: std::fmt::Debug + Default + Send + Sync + 'static {
    fn record(_: &mut SessionRecord) {}

    fn time(time: UtcDateTime) -> UtcDateTime {
        time
    }
}

/// A store that changes each record before it stores it.
#[derive(Debug, Default)]
pub struct Stores<L>(L);

impl<L: Lossy> Fault for Stores<L> {}

#[async_trait::async_trait]
impl<L: Lossy> Interceptor for Stores<L> {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => {
                let record = changed(record, lose::<L>);
                Operation::Create(&record).run(store).await
            }
            Operation::Replace(record, expected) => {
                let record = changed(record, lose::<L>);
                Operation::Replace(&record, expected).run(store).await
            }
            Operation::Touch(id, secret, by) => {
                let by = Extension {
                    last_active_at: L::time(by.last_active_at),
                    expires_at: L::time(by.expires_at),
                };
                Operation::Touch(id, secret, by).run(store).await
            }
            other => other.run(store).await,
        }
    }
}

fn lose<L: Lossy>(record: &mut SessionRecord) {
    L::record(record);
    for time in [
        &mut record.created_at,
        &mut record.secret_issued_at,
        &mut record.last_active_at,
        &mut record.expires_at,
    ] {
        *time = L::time(*time);
    }
    record.authenticated_at = record.authenticated_at.map(L::time);
    if let Some(previous) = &mut record.previous_secret {
        previous.valid_until = L::time(previous.valid_until);
    }
}

macro_rules! lossy {
    ($name:ident { $($method:item)* }) => {
        #[derive(Debug, Default)]
        pub struct $name;

        impl Lossy for $name { $($method)* }
    };
}

lossy!(Milliseconds {
    fn time(time: UtcDateTime) -> UtcDateTime {
        time.replace_nanosecond(time.nanosecond() / 1_000_000 * 1_000_000).unwrap()
    }
});

lossy!(Seconds {
    fn time(time: UtcDateTime) -> UtcDateTime {
        time.replace_nanosecond(0).unwrap()
    }
});

lossy!(NanosecondsIn64Bits {
    fn time(time: UtcDateTime) -> UtcDateTime {
        let last = UtcDateTime::from_unix_timestamp_nanos(i128::from(i64::MAX)).unwrap();
        time.min(last.replace_nanosecond(0).unwrap())
    }
});

lossy!(DaylightSaving {
    fn time(time: UtcDateTime) -> UtcDateTime {
        // The hour that clocks skip does not exist in this store.
        match (time.month(), time.day(), time.hour()) {
            (time::Month::March, 28, 1) => time + time::Duration::HOUR,
            _ => time,
        }
    }
});

lossy!(NormalisesJson {
    fn record(record: &mut SessionRecord) {
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(record.state.as_json()) {
            record.state = SerializedState::from_json(value.to_string());
        }
    }
});

lossy!(TrimsTheState {
    fn record(record: &mut SessionRecord) {
        record.state = SerializedState::from_json(record.state.as_json().trim());
    }
});

lossy!(RefusesEscapedNul {
    fn record(record: &mut SessionRecord) {
        let json = record.state.as_json().replace("\\u0000", "");
        record.state = SerializedState::from_json(json);
    }
});

lossy!(CutsTheStateAt64Kibibytes {
    fn record(record: &mut SessionRecord) {
        let json: String = record.state.as_json().chars().take(65_535).collect();
        record.state = SerializedState::from_json(json);
    }
});

lossy!(KnowsOnlyTheBasicPlane {
    fn record(record: &mut SessionRecord) {
        let basic = |c: char| if c > '\u{ffff}' { '?' } else { c };
        let json: String = record.state.as_json().chars().map(basic).collect();
        record.state = SerializedState::from_json(json);
    }
});

lossy!(CutsTheLabel {
    fn record(record: &mut SessionRecord) {
        let cut = |label: Label| Label::new(&label.as_str().chars().take(100).collect::<String>());
        record.label = record.label.take().map(cut);
    }
});

lossy!(EmptyLabelIsNone {
    fn record(record: &mut SessionRecord) {
        record.label = record.label.take().filter(|label| !label.as_str().is_empty());
    }
});

lossy!(DropsThePreviousSecret {
    fn record(record: &mut SessionRecord) {
        record.previous_secret = None;
    }
});

lossy!(DropsTheAuthenticationTime {
    fn record(record: &mut SessionRecord) {
        record.authenticated_at = None;
    }
});

lossy!(InventsAnAuthenticationTime {
    fn record(record: &mut SessionRecord) {
        record.authenticated_at = record.authenticated_at.or(Some(record.created_at));
    }
});

lossy!(CutsZerosOffTheSecret {
    fn record(record: &mut SessionRecord) {
        let mut bytes = *record.secret.as_bytes();
        if bytes[31] == 0 {
            bytes[31] = b' ';
        }
        record.secret = session::store::SecretHash::from_bytes(bytes);
    }
});

lossy!(RevisionsIn32Bits {
    fn record(record: &mut SessionRecord) {
        record.revision = Revision::from_i64(record.revision.as_i64() as u32 as i64);
    }
});

fault!(CreateForgetsTheLifetime, |store| Operation::Create(record) => {
    let ordinary = changed(record, |it| it.lifetime = Lifetime::Ordinary);
    Ok(Answer::Create(store.create(&ordinary).await?))
});

// As an `UPDATE` without that column.
fault!(ReplaceForgetsTheLifetime, |store| Operation::Replace(record, expected) => {
    let stored = store.load(record.id).await?;
    let forgotten = changed(record, |it| {
        it.lifetime = stored.map_or(it.lifetime, |stored| stored.lifetime);
    });
    Ok(Answer::Replace(store.replace(&forgotten, expected).await?))
});

fault!(LoadHidesStampsThatEndInZero, |store| Operation::Load(id) => {
    let record = store.load(id).await?;
    Ok(Answer::Load(record.map(|record| changed(&record, |it| {
        it.stamp = it.stamp.filter(|stamp| stamp.as_bytes()[15] != 0);
    }))))
});

fault!(LoadHidesStamps, |store| Operation::Load(id) => {
    let record = store.load(id).await?;
    Ok(Answer::Load(record.map(|record| changed(&record, |it| it.stamp = None))))
});

fault!(LoadHidesLabels, |store| Operation::Load(id) => {
    let record = store.load(id).await?;
    Ok(Answer::Load(record.map(|record| changed(&record, |it| it.label = None))))
});

fault!(LoadExtends, |store| Operation::Load(id) => {
    let record = store.load(id).await?;
    if let Some(record) = &record {
        let later = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.expires_at + time::Duration::SECOND,
        };
        _ = store.touch(id, &record.secret, later).await?;
    }
    Ok(Answer::Load(record))
});

fault!(LoadConfusesIds, |store| Operation::Load(id) => {
    // As a cache whose key is too short.
    let short = id.as_uuid().as_u128() & !(1 << 40);
    let short = uuid::Uuid::from_u128(short).try_into().unwrap();
    Ok(Answer::Load(match store.load(short).await? {
        Some(record) => Some(record),
        None => store.load(id).await?,
    }))
});
