//! Random sequences of calls on one session, compared with a plain model: nothing of a session that
//! has ended has an effect on the one that follows it.

mod call;
mod faults;
mod model;
mod run;

use proptest::collection::vec;
use proptest::prelude::*;

use call::{Call, any_call};
use faults::Fault;

use crate::support::alice;

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

/// The first commit creates the session and lists those of the principal, but cannot delete it.
#[tokio::test]
async fn a_log_in_is_not_repeated_after_the_commit_that_refused_it() {
    let deletion_fails = Fault {
        after: 2,
        takes_effect: false,
    };
    let calls = vec![
        Call::LogIn(alice()),
        Call::RivalLogsIn(alice()),
        Call::Commit(Some(deletion_fails)),
        Call::LogIn(alice()),
        Call::Commit(None),
    ];
    run::check(false, calls, 200).await;
}
