//! Random sequences of calls on one session, compared with a plain model: nothing of a session that
//! has ended has an effect on the one that follows it.

mod faults;
mod model;
mod run;

use proptest::collection::vec;
use proptest::prelude::*;
use session::Principal;

use crate::owner::{alice, bob};
use faults::Fault;

const KEYS: [&str; 3] = ["a", "b", "c"];

/// A call of the handler.
#[derive(Clone, Debug)]
enum Call {
    LogIn(Principal),
    Insert(&'static str, u8),
    Increment(&'static str),
    Remove(&'static str),
    InsertClient(&'static str, u8),
    RemoveClient(&'static str),
    Flash(&'static str),
    ReadFlashes,
    Renew,
    /// A commit, during which an operation of the store may fail.
    Commit(Option<Fault>),
    LogOut,
    LogOutKeeping(Vec<&'static str>),
    Invalidate,
    /// Another browser logs in, which has no limit of sessions.
    RivalLogsIn(Principal),
}

fn call() -> impl Strategy<Value = Call> {
    let key = || prop::sample::select(&KEYS[..]);
    let principal = || prop::sample::select(vec![alice(), bob()]);
    prop_oneof![
        3 => principal().prop_map(Call::LogIn),
        2 => (key(), 0..3_u8).prop_map(|(key, value)| Call::Insert(key, value)),
        1 => key().prop_map(Call::Increment),
        1 => key().prop_map(Call::Remove),
        2 => (key(), 0..3_u8).prop_map(|(key, value)| Call::InsertClient(key, value)),
        1 => key().prop_map(Call::RemoveClient),
        2 => prop::sample::select(&["saved", "sent"][..]).prop_map(Call::Flash),
        2 => Just(Call::ReadFlashes),
        1 => Just(Call::Renew),
        5 => prop::option::of(faults::any_fault()).prop_map(Call::Commit),
        2 => Just(Call::LogOut),
        1 => prop::sample::subsequence(&KEYS[..], 0..3).prop_map(Call::LogOutKeeping),
        1 => Just(Call::Invalidate),
        2 => principal().prop_map(Call::RivalLogsIn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn an_ended_session_has_no_effect_on_the_one_that_follows_it(
        arrives_with_session in any::<bool>(),
        calls in vec(call(), 0..25),
        status in prop::sample::select(&[200_u16, 303, 404, 500][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(run::check(arrives_with_session, calls, status));
    }
}
