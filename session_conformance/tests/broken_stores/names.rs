//! Faults in the comparison of principals.

use std::sync::Mutex;

use session::Principal;
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store};

/// A wrong comparison of the principal that is asked for with that of a record.
pub trait Comparison: std::fmt::Debug + Default + Send + Sync + 'static {
    fn are_equal(asked: &str, stored: &str) -> bool;
}

macro_rules! comparison {
    ($name:ident, |$asked:ident, $stored:ident| $are_equal:expr) => {
        #[derive(Debug, Default)]
        pub struct $name;

        impl Comparison for $name {
            fn are_equal($asked: &str, $stored: &str) -> bool {
                $are_equal
            }
        }
    };
}

comparison!(IgnoringCase, |a, b| a.to_lowercase() == b.to_lowercase());
comparison!(IgnoringTrailingSpace, |a, b| a.trim_end() == b.trim_end());
comparison!(IgnoringLeadingSpace, |a, b| a.trim_start()
    == b.trim_start());
comparison!(IgnoringAccents, |a, b| without_accents(a)
    == without_accents(b));
comparison!(ByPrefix, |a, b| b.starts_with(a));
comparison!(ByTheFirst191Bytes, |a, b| {
    a.as_bytes()[..a.len().min(191)] == b.as_bytes()[..b.len().min(191)]
});
comparison!(AsNumbers, |a, b| {
    let number = |name: &str| name.parse::<f64>().ok();
    a == b || number(a).is_some_and(|a| Some(a) == number(b))
});
comparison!(AsPatterns, |a, b| match a.strip_suffix(['%', '*']) {
    Some(start) => b.starts_with(start),
    None => a == b,
});

fn without_accents(name: &str) -> String {
    name.replace('\u{301}', "")
        .replace('á', "a")
        .replace('ß', "ss")
}

/// Lists the sessions of all principals that a wrong comparison considers equal.
#[derive(Debug, Default)]
pub struct Lists<C>(KnownPrincipals, C);

impl<C: Comparison> Fault for Lists<C> {}

#[async_trait::async_trait]
impl<C: Comparison> Interceptor for Lists<C> {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        self.0.learn_from(operation);
        let Operation::SessionsOf(owner, page) = operation else {
            return operation.run(store).await;
        };
        let mut summaries = Vec::new();
        for principal in self.0.equal_to::<C>(owner) {
            summaries.extend(store.sessions_of(&principal, page).await?);
        }
        summaries.sort_by_key(|summary| summary.id);
        summaries.truncate(page.max_len());
        Ok(Answer::SessionsOf(summaries))
    }
}

/// Revokes the sessions of all principals that a wrong comparison considers equal.
#[derive(Debug, Default)]
pub struct Revokes<C>(KnownPrincipals, C);

impl<C: Comparison> Fault for Revokes<C> {}

#[async_trait::async_trait]
impl<C: Comparison> Interceptor for Revokes<C> {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        self.0.learn_from(operation);
        let Operation::DeleteAllOf(owner, except) = operation else {
            return operation.run(store).await;
        };
        let mut count = 0;
        for principal in self.0.equal_to::<C>(owner) {
            count += store.delete_all_of(&principal, except).await?;
        }
        Ok(Answer::DeleteAllOf(count))
    }
}

/// All principals that were ever stored.
#[derive(Debug, Default)]
struct KnownPrincipals(Mutex<Vec<Principal>>);

impl KnownPrincipals {
    fn learn_from(&self, operation: Operation<'_>) {
        let (Operation::Create(record) | Operation::Replace(record, _)) = operation else {
            return;
        };
        let mut known = self.0.lock().unwrap();
        if let Some(principal) = &record.principal
            && !known.contains(principal)
        {
            known.push(principal.clone());
        }
    }

    fn equal_to<C: Comparison>(&self, asked: &Principal) -> Vec<Principal> {
        let known = self.0.lock().unwrap();
        let is_equal = |it: &&Principal| C::are_equal(asked.as_str(), it.as_str());
        known.iter().filter(is_equal).cloned().collect()
    }
}
