//! Random sequences of calls on one session, compared with a plain model: nothing of a session that
//! has ended has an effect on the one that follows it.

mod call;
mod faults;
mod model;
mod run;

use proptest::collection::vec;
use proptest::prelude::*;

use call::any_call;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn an_ended_session_has_no_effect_on_the_one_that_follows_it(
        arrives_with_session in any::<bool>(),
        calls in vec(any_call(), 0..25),
        status in prop::sample::select(&[200_u16, 303, 404, 500][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(run::check(arrives_with_session, calls, status));
    }
}
