/// Tests a storage backend: expands to one `#[tokio::test]` for each of the
/// [`rules`](crate::rules).
///
/// The argument is an expression that returns an empty store. It is evaluated once for each test,
/// in an async function, so it may await. It should panic if the store cannot be created.
///
/// ```
/// # use session_memory::InMemorySessionStore;
/// session_conformance::test_suite!(InMemorySessionStore::new());
/// # fn main() {}
/// ```
///
/// # Setting up and cleaning up
///
/// The expression may also return a [`Fixture`](crate::Fixture) with a clean-up:
///
/// ```
/// # use session_memory::InMemorySessionStore as MyStore;
/// use session_conformance::Fixture;
///
/// async fn fixture() -> Fixture {
///     // Connect; create a schema or a key prefix with a random name.
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
/// Each test runs in a runtime with four threads, so that races occur. Attributes after the
/// expression replace the attribute `#[tokio::test(…)]` of the tests:
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
/// Invoke the macro at most once per module; use several modules to test several configurations of
/// a store.
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

/// Expands to one test for each rule.
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

/// Expands to the public modules with the rules, and the list of all of them.
macro_rules! table {
    ([] $($group:ident { $($rule:ident,)* })*) => {
        pub mod rules {
            //! The rules of the suite: one function for each, in groups.

            use $crate::Rule;

            $(
                pub mod $group {
                    #![doc = concat!("The rules of the group `", stringify!($group), "`.")]
                    pub use $crate::suite::$group::{$($rule),*};
                }
            )*

            /// Returns all rules.
            ///
            /// # Example
            ///
            /// ```
            /// let rules = session_conformance::rules::all();
            /// let names: Vec<_> = rules.map(|rule| rule.name).collect();
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
