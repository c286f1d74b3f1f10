use std::fmt;
use std::pin::Pin;

use crate::StoreUnderTest;

/// Tests a storage backend: expands to one `#[tokio::test]` for each of the [`rules`](crate::rules).
///
/// The argument is an expression for a fresh, empty store. It is evaluated in an async function, once for
/// each test, so it may await; a store whose making fails should panic.
///
/// ```
/// # use session_memory::InMemorySessionStore;
/// session_conformance::test_suite!(InMemorySessionStore::new());
/// # fn main() {}
/// ```
///
/// # Setting up and cleaning up
///
/// The expression may also be a [`Fixture`](crate::Fixture), which knows how to clean up:
///
/// ```
/// # use session_memory::InMemorySessionStore as MyStore;
/// use session_conformance::Fixture;
///
/// async fn fixture() -> Fixture {
///     // Connect; make a schema or a key prefix with a random name.
///     let store = MyStore::new();
///     Fixture::from(store).with_tear_down(async move {
///         // Drop the schema.
///     })
/// }
///
/// session_conformance::test_suite!(fixture().await);
/// # fn main() {}
/// ```
///
/// # Another runtime
///
/// Tests run in a runtime with four threads, so that races happen. Attributes after the expression
/// replace this attribute of the tests:
///
/// ```
/// # use session_memory::InMemorySessionStore;
/// session_conformance::test_suite!(
///     InMemorySessionStore::new(),
///     #[tokio::test]
///     #[ignore = "needs a server"]
/// );
/// # fn main() {}
/// ```
///
/// Invoke the macro once per module; for several configurations of a store, use several modules.
#[macro_export]
macro_rules! test_suite {
    ($store:expr $(,)?) => {
        $crate::test_suite!(
            $store,
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        );
    };
    ($store:expr, $(#[$attribute:meta])+ $(,)?) => {
        async fn fresh_fixture() -> $crate::Fixture {
            $crate::Fixture::from($store)
        }

        $crate::__with_rules!({ $crate::__tests } { $(#[$attribute])+ });
    };
}

/// One test for each rule.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($attributes:tt $($group:ident { $($rule:ident,)* })*) => {
        $($($crate::__test!($attributes $group $rule);)*)*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ({ $(#[$attribute:meta])+ } $group:ident $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            fresh_fixture().await.check($crate::rules::$group::$rule).await;
        }
    };
}

/// The public modules with the rules, and the table of all of them.
macro_rules! table {
    ([] $($group:ident { $($rule:ident,)* })*) => {
        pub mod rules {
            //! One function for each promise, by what it is about.

            use $crate::Rule;

            $(
                pub mod $group {
                    #![doc = concat!("The rules of the group `", stringify!($group), "`.")]
                    pub use $crate::suite::$group::{$($rule),*};
                }
            )*

            /// All rules.
            ///
            /// # Example
            ///
            /// ```
            /// let names: Vec<_> = session_conformance::rules::all().map(|rule| rule.name).collect();
            /// assert!(names.contains(&"a_touch_never_moves_the_deadline_back"));
            /// ```
            pub fn all() -> impl Iterator<Item = Rule> {
                let rules = [$($(
                    Rule::new(stringify!($group), stringify!($rule), |store| {
                        Box::pin($group::$rule(store))
                    }),
                )*)*];
                rules.into_iter()
            }
        }
    };
}
pub(crate) use table;

/// A rule of the suite, to be tested by other means than [`test_suite!`](crate::test_suite).
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
    /// What it is about: the name of its module in [`rules`](crate::rules).
    pub group: &'static str,
    /// What it says: the name of its function.
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

    /// Tests the rule against a fresh, empty store.
    ///
    /// # Panics
    ///
    /// If the rule is broken.
    pub async fn test(self, store: StoreUnderTest) {
        (self.function)(store).await;
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.group, self.name)
    }
}
