use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use session::store::SessionStorageBackend;

use crate::StoreUnderTest;

/// A fresh, empty store for one test, and what is to be done after it.
///
/// [`test_suite!`](crate::test_suite) makes one of whatever backend it is given; build it yourself
/// if there is something to clean up.
///
/// # Example
///
/// ```
/// use session_conformance::Fixture;
/// use session_memory::InMemorySessionStore;
///
/// let fixture = Fixture::from(InMemorySessionStore::new());
/// let fixture = fixture.with_tear_down(async { /* drop the schema */ });
/// # _ = fixture;
/// ```
pub struct Fixture {
    store: StoreUnderTest,
    tear_down: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// A rule that takes longer waits for something that never comes.
const TIME_LIMIT: Duration = Duration::from_secs(120);

impl Fixture {
    /// Runs `tear_down` after the test, whether it succeeded or not.
    pub fn with_tear_down(self, tear_down: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            tear_down: Box::pin(tear_down),
            ..self
        }
    }

    /// The store.
    pub fn store(&self) -> StoreUnderTest {
        self.store.clone()
    }

    /// Tests a rule against the store, then cleans up.
    ///
    /// # Panics
    ///
    /// If the rule is broken.
    ///
    /// # Example
    ///
    /// ```
    /// use session_conformance::{Fixture, rules};
    /// use session_memory::InMemorySessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let fixture = Fixture::from(InMemorySessionStore::new());
    /// fixture.check(rules::delete::deleting_an_unknown_record_is_no_error).await;
    /// # }
    /// ```
    pub async fn check<R, Fut>(self, rule: R)
    where
        R: FnOnce(StoreUnderTest) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        // A task of its own, so that the clean-up follows a panic as well.
        let mut task = tokio::spawn(rule(self.store));
        let outcome = tokio::time::timeout(TIME_LIMIT, &mut task).await;
        task.abort();
        self.tear_down.await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(broken)) => std::panic::resume_unwind(broken.into_panic()),
            Err(_elapsed) => panic!(
                "broken promise: operations come to an end\n  expected: the rule is tested within \
                 {TIME_LIMIT:?}\n  actual:   no end\n"
            ),
        }
    }
}

impl<B: SessionStorageBackend> From<B> for Fixture {
    fn from(backend: B) -> Self {
        Self {
            store: StoreUnderTest::new(backend),
            tear_down: Box::pin(std::future::ready(())),
        }
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture").finish_non_exhaustive()
    }
}
