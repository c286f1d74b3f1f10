use std::fmt;
use std::pin::Pin;

use crate::store::StoreUnderTest;

/// A rule of the suite, for tests other than those of [`test_suite!`](crate::test_suite).
///
/// # Example
///
/// ```
/// use session_conformance::{Fixture, rules};
/// use session_memory::InMemorySessionStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// for rule in rules::all().filter(|rule| rule.group == "touch") {
///     let fixture = Fixture::from(InMemorySessionStore::new());
///     fixture.check(|store| rule.test(store)).await;
/// }
/// # }
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Rule {
    /// The group: the name of the rule's module in [`rules`](crate::rules).
    pub group: &'static str,
    /// The statement: the name of the rule's function.
    pub name: &'static str,
    function: fn(StoreUnderTest) -> Test,
}

type Test = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Rule {
    pub(crate) fn new(
        group: &'static str,
        name: &'static str,
        function: fn(StoreUnderTest) -> Test,
    ) -> Self {
        Self {
            group,
            name,
            function,
        }
    }

    /// Tests the rule against an empty store.
    ///
    /// # Panics
    ///
    /// Panics if the rule is broken.
    pub async fn test(self, store: StoreUnderTest) {
        (self.function)(store).await;
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.group, self.name)
    }
}
