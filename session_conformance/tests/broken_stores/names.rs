//! Stores that take one principal for another.

use std::sync::Mutex;

use session::store::{
    CreateOutcome, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend, SessionSummary,
};
use session::{Principal, SessionId};

use crate::fault::{Correct, Fault, Outcome};

/// How names are compared: the one asked for, and the one of a record.
pub trait Comparison: std::fmt::Debug + Default + Send + Sync + 'static {
    fn same(asked: &str, stored: &str) -> bool;
}

macro_rules! comparison {
    ($name:ident, |$asked:ident, $stored:ident| $same:expr) => {
        #[derive(Debug, Default)]
        pub struct $name;

        impl Comparison for $name {
            fn same($asked: &str, $stored: &str) -> bool {
                $same
            }
        }
    };
}

comparison!(IgnoresCase, |a, b| a.to_lowercase() == b.to_lowercase());
comparison!(IgnoresTrailingSpace, |a, b| a.trim_end() == b.trim_end());
comparison!(IgnoresLeadingSpace, |a, b| a.trim_start() == b.trim_start());
comparison!(ComparesPrefixes, |a, b| b.starts_with(a));
comparison!(ComparesTheStart, |a, b| a.as_bytes()[..a.len().min(191)]
    == b.as_bytes()[..b.len().min(191)]);
comparison!(ComparesNumbers, |a, b| a == b
    || a.parse::<f64>()
        .is_ok_and(|a| b.parse::<f64>().is_ok_and(|b| a == b)));
comparison!(ComparesPatterns, |a, b| match a.strip_suffix(['%', '*']) {
    Some(start) => b.starts_with(start),
    None => a == b,
});
comparison!(IgnoresAccents, |a, b| plain(a) == plain(b));

fn plain(name: &str) -> String {
    name.replace('\u{301}', "")
        .replace('á', "a")
        .replace('ß', "ss")
}

/// A store that lists by such a comparison.
#[derive(Debug, Default)]
pub struct Lists<C>(Known, C);

/// A store that revokes by such a comparison.
#[derive(Debug, Default)]
pub struct Revokes<C>(Known, C);

/// All principals that there ever were.
#[derive(Debug, Default)]
struct Known(Mutex<Vec<Principal>>);

impl Known {
    fn learn(&self, record: &SessionRecord) {
        let mut known = self.0.lock().unwrap();
        if let Some(name) = &record.principal
            && !known.contains(name)
        {
            known.push(name.clone());
        }
    }

    fn matching<C: Comparison>(&self, asked: &Principal) -> Vec<Principal> {
        let known = self.0.lock().unwrap();
        let same = known
            .iter()
            .filter(|name| C::same(asked.as_str(), name.as_str()));
        same.cloned().collect()
    }
}

/// Implements a fault that knows all principals, with one more method.
macro_rules! with_known_principals {
    ($name:ident { $($method:item)* }) => {
        #[async_trait::async_trait]
        impl<C: Comparison> Fault for $name<C> {
            async fn create(
                &self,
                store: &Correct,
                record: &SessionRecord,
            ) -> Outcome<CreateOutcome> {
                self.0.learn(record);
                store.create(record).await
            }

            async fn replace(
                &self,
                store: &Correct,
                record: &SessionRecord,
                expected: Revision,
            ) -> Outcome<ReplaceOutcome> {
                self.0.learn(record);
                store.replace(record, expected).await
            }

            $($method)*
        }
    };
}

with_known_principals!(Lists {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = Vec::new();
        for name in self.0.matching::<C>(owner) {
            summaries.extend(store.sessions_of(&name).await?);
        }
        summaries.sort_by_key(|summary| summary.id);
        Ok(summaries)
    }
});

with_known_principals!(Revokes {
    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        let mut count = 0;
        for name in self.0.matching::<C>(owner) {
            count += store.delete_all_of(&name, except).await?;
        }
        Ok(count)
    }
});
