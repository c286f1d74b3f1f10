use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use session::store::SessionStorageBackend;

use crate::expect::broken;
use crate::store::StoreUnderTest;

/// An empty store for one test, and the clean-up after it.
///
/// [`test_suite!`](crate::test_suite) converts a backend into a fixture; create one yourself to add
/// a clean-up.
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
#[must_use = "a fixture tests nothing until `check` is called"]
pub struct Fixture {
    store: StoreUnderTest,
    tear_down: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// The time limit of a rule. A rule that exceeds it waits for something that never happens.
const TIME_LIMIT: Duration = Duration::from_secs(120);

impl Fixture {
    /// Sets the clean-up, which runs after the test whether it succeeds or fails.
    pub fn with_tear_down(self, tear_down: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            tear_down: Box::pin(tear_down),
            ..self
        }
    }

    /// Returns the store.
    pub fn store(&self) -> StoreUnderTest {
        self.store.clone()
    }

    /// Tests a rule against the store, then cleans up.
    ///
    /// # Panics
    ///
    /// Panics if the rule is broken, or takes longer than two minutes.
    ///
    /// # Example
    ///
    /// ```
    /// use session_conformance::{Fixture, rules};
    /// use session_memory::InMemorySessionStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let fixture = Fixture::from(InMemorySessionStore::new());
    /// fixture.check(rules::delete::deleting_a_record_twice_succeeds).await;
    /// # }
    /// ```
    pub async fn check<R, Fut>(self, rule: R)
    where
        R: FnOnce(StoreUnderTest) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        // A separate task, so that the clean-up runs after a panic as well.
        let mut task = tokio::spawn(rule(self.store));
        let outcome = tokio::time::timeout(TIME_LIMIT, &mut task).await;
        task.abort();
        self.tear_down.await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            Err(_elapsed) => report_endless_rule(),
        }
    }
}

fn report_endless_rule() -> ! {
    let expected = format!("the rule is tested within {TIME_LIMIT:?}");
    broken("operations complete", &expected, "the rule did not end");
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
