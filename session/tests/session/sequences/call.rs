use proptest::prelude::*;
use session::Principal;

use super::faults::{Fault, any_fault};
use crate::support::{alice, bob};

pub(super) const KEYS: [&str; 3] = ["a", "b", "c"];

/// A call of the handler.
#[derive(Clone, Debug)]
pub(super) enum Call {
    LogIn(Principal),
    LogInKeeping(Principal, Vec<&'static str>),
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

pub(super) fn any_call() -> impl Strategy<Value = Call> {
    let key = || prop::sample::select(&KEYS[..]);
    let keys = || prop::sample::subsequence(&KEYS[..], 0..3);
    let principal = || prop::sample::select(vec![alice(), bob()]);
    prop_oneof![
        3 => principal().prop_map(Call::LogIn),
        3 => (principal(), keys()).prop_map(|(principal, keys)| Call::LogInKeeping(principal, keys)),
        2 => (key(), 0..3_u8).prop_map(|(key, value)| Call::Insert(key, value)),
        1 => key().prop_map(Call::Increment),
        1 => key().prop_map(Call::Remove),
        2 => (key(), 0..3_u8).prop_map(|(key, value)| Call::InsertClient(key, value)),
        1 => key().prop_map(Call::RemoveClient),
        2 => prop::sample::select(&["saved", "sent"][..]).prop_map(Call::Flash),
        2 => Just(Call::ReadFlashes),
        1 => Just(Call::Renew),
        5 => prop::option::of(any_fault()).prop_map(Call::Commit),
        2 => Just(Call::LogOut),
        1 => keys().prop_map(Call::LogOutKeeping),
        1 => Just(Call::Invalidate),
        2 => principal().prop_map(Call::RivalLogsIn),
    ]
}
