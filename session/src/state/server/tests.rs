use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::state::value::encode;

fn state(json: &str) -> ServerState {
    ServerState::parse(SerializedState::from_json(json), UtcDateTime::UNIX_EPOCH).unwrap()
}

fn set(key: &str, value: u64) -> Change {
    Change::set(key.to_owned(), value.to_string())
}

fn text(key: &str, value: &str) -> Change {
    Change::set(key.to_owned(), encode(key, value).unwrap().0)
}

/// An update of a number, as it is made on `state`.
fn increment(state: &ServerState, key: &'static str) -> Change {
    let update = move |old: Option<&str>| match old {
        Some(json) => match json.parse::<u64>() {
            Ok(n) if n < 100 => Ok(Some((n + 1).to_string())),
            _ => Err(SessionError::UpdateRefused {
                key: key.to_owned(),
                source: "it is full".into(),
            }),
        },
        None => Ok(Some("1".to_owned())),
    };
    Change::Write {
        key: key.into(),
        value: update(state.view().get(key)).unwrap(),
        updater: Some(Arc::new(update)),
    }
}

const NO_LIMIT: usize = usize::MAX;

impl ServerState {
    fn make(&mut self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            self.apply(change, NO_LIMIT).unwrap();
        }
    }

    fn increment(&mut self, key: &'static str) {
        let change = increment(self, key);
        self.make([change]);
    }

    fn to_json(&self) -> String {
        self.view().to_json(self.length())
    }

    fn rebased(&mut self, json: &str) -> String {
        self.rebase(state(json), NO_LIMIT).unwrap();
        self.to_json()
    }
}

#[test]
fn a_change_that_makes_no_difference_is_not_recorded() {
    let mut state = state(r#"{"k":"v","map":{"a":1,"b":2}}"#);
    let reordered = Change::set("map", r#"{"b":2,"a":1}"#.to_owned());
    assert!(!state.apply(text("k", "v"), NO_LIMIT).unwrap());
    assert!(!state.apply(reordered, NO_LIMIT).unwrap());
    assert!(!state.apply(Change::remove("other"), NO_LIMIT).unwrap());
    assert!(!state.is_changed());
    assert!(state.apply(text("k", "w"), NO_LIMIT).unwrap());
    assert!(state.is_changed());

    let mut empty = ServerState::default();
    assert!(!empty.apply(Change::Clear, NO_LIMIT).unwrap());
    assert!(!empty.is_changed());
}

#[test]
fn a_change_beyond_the_limit_is_refused_and_changes_nothing() {
    let mut state = state(r#"{"k":"v"}"#);
    let refused = state.apply(text("k", "too long"), 15).unwrap_err();
    assert!(
        matches!(
            refused,
            SessionError::StateTooLarge {
                size: 16,
                limit: 15
            }
        ),
        "{refused:?}"
    );
    assert_eq!(state.to_json(), r#"{"k":"v"}"#);
    assert!(!state.is_changed());
    assert!(state.apply(text("k", "fitting"), 15).unwrap());
}

#[test]
fn a_state_above_the_limit_can_be_made_smaller_and_not_larger() {
    let mut state = state(r#"{"a":"123456789","b":1}"#);
    assert!(state.apply(text("a", "12345678"), 5).unwrap());
    let smaller = state.serialize(5).unwrap();
    assert_eq!(smaller.as_json(), r#"{"a":"12345678","b":1}"#);
    assert!(state.apply(set("b", 10), 5).is_err());
    state.make([set("b", 100)]);
    assert!(state.serialize(5).is_err());
    assert!(state.apply(Change::Clear, 5).unwrap());
    assert_eq!(state.serialize(5).unwrap().as_json(), "{}");
}

#[test]
fn changes_to_a_state_above_the_limit_are_merged_unless_it_grows() {
    let larger = r#"{"a":"123456789","b":1}"#;
    let merged = |changes: Vec<Change>| {
        let mut state = state(r#"{"a":"123456789"}"#);
        state.make(changes);
        state.rebase(super::tests::state(larger), 5)?;
        Ok::<_, SessionError>(state.to_json())
    };
    assert_eq!(merged(vec![]).unwrap(), larger);
    assert_eq!(merged(vec![Change::remove("a")]).unwrap(), r#"{"b":1}"#);
    assert!(merged(vec![set("c", 1)]).is_err());
}

#[test]
fn values_that_are_not_changed_are_written_byte_for_byte() {
    let mut state = state(r#"{"b":{"x" : 1.0e2 ,"y":[ ]},"d":0.10}"#);
    state.make([text("a", "é"), set("c", 1), set("e", 2)]);
    assert_eq!(
        state.to_json(),
        r#"{"a":"é","b":{"x" : 1.0e2 ,"y":[ ]},"c":1,"d":0.10,"e":2}"#
    );
}

#[test]
fn changes_are_merged_with_those_of_another_request() {
    let mut state = state(r#"{"n":1,"gone":0}"#);
    state.increment("n");
    state.make([set("a", 1), Change::remove("gone")]);
    let merged = state.rebased(r#"{"b":2,"gone":0,"n":41}"#);
    assert_eq!(merged, r#"{"a":1,"b":2,"n":42}"#);
}

#[test]
fn updates_of_a_value_that_another_request_changed_are_all_made_again() {
    let mut state = state(r#"{"n":1}"#);
    state.increment("n");
    state.increment("n");
    assert_eq!(state.rebased(r#"{"n":50}"#), r#"{"n":52}"#);
    assert_eq!(state.rebased("{}"), r#"{"n":2}"#);
}

#[test]
fn an_update_of_a_value_that_was_set_before_ignores_what_another_request_left() {
    let mut state = state(r#"{"n":1}"#);
    state.make([set("n", 10)]);
    state.increment("n");
    assert_eq!(state.rebased(r#"{"n":50}"#), r#"{"n":11}"#);

    state.make([Change::Clear]);
    state.increment("n");
    assert_eq!(state.rebased(r#"{"n":50,"other":1}"#), r#"{"n":1}"#);
}

#[test]
fn a_change_after_an_update_is_made_again_even_if_it_makes_no_difference() {
    let at_most_two = Change::Write {
        key: "n".into(),
        value: Some("2".to_owned()),
        updater: Some(Arc::new(|old| {
            let n = old.and_then(|json| json.parse::<u64>().ok());
            Ok(n.map(|n| n.min(2).to_string()))
        })),
    };
    for change in [set("n", 2), at_most_two] {
        let mut state = state(r#"{"n":1}"#);
        state.increment("n");
        assert!(!state.apply(change, NO_LIMIT).unwrap());
        assert_eq!(state.rebased(r#"{"n":50}"#), r#"{"n":2}"#);
    }

    let removes_one = || Change::Write {
        key: "n".into(),
        value: None,
        updater: Some(Arc::new(|old| {
            Ok(old.filter(|json| *json != "1").map(str::to_owned))
        })),
    };
    for (change, merged) in [
        (Change::remove("n"), r#"{"other":1}"#),
        (Change::Clear, "{}"),
    ] {
        let mut state = state(r#"{"n":1}"#);
        state.make([removes_one()]);
        assert!(!state.apply(change, NO_LIMIT).unwrap());
        assert_eq!(state.rebased(r#"{"n":50,"other":1}"#), merged);
    }
}

#[test]
fn a_clear_keeps_only_the_changes_after_it() {
    let mut state = state(r#"{"b":2}"#);
    state.make([set("a", 1), Change::Clear, set("c", 3)]);
    assert_eq!(state.to_json(), r#"{"c":3}"#);
    assert_eq!(state.rebased(r#"{"b":2,"d":4}"#), r#"{"c":3}"#);
}

#[test]
fn an_update_that_fails_on_the_value_of_another_request_leaves_that_value() {
    let other = state(r#"{"n":100}"#);
    let mut state = state(r#"{"n":1}"#);
    state.increment("n");
    state.make([set("a", 1)]);
    let failed = state.rebase(other, NO_LIMIT).unwrap_err();
    assert!(
        matches!(&failed, SessionError::UpdateRefused { key, .. } if key == "n"),
        "{failed:?}"
    );
    assert_eq!(state.to_json(), r#"{"a":1,"n":100}"#);
    assert!(state.is_changed());
    assert_eq!(state.rebased(r#"{"n":7}"#), r#"{"a":1,"n":7}"#);
}

#[test]
fn the_first_of_several_updates_that_fail_is_reported() {
    let other = state(r#"{"m":100,"n":100}"#);
    let mut state = state(r#"{"m":1,"n":1}"#);
    state.increment("n");
    state.increment("m");
    let failed = state.rebase(other, NO_LIMIT).unwrap_err();
    assert!(matches!(failed, SessionError::UpdateRefused { key, .. } if key == "m"));
    assert!(!state.is_changed());
}

#[test]
fn a_merge_that_is_too_large_changes_nothing() {
    let other = state(r#"{"b":123456,"n":5}"#);
    let mut state = state(r#"{"n":1}"#);
    state.increment("n");
    state.make([set("a", 1)]);
    let failed = state.rebase(other, 20).unwrap_err();
    assert!(
        matches!(
            failed,
            SessionError::StateTooLarge {
                size: 24,
                limit: 20
            }
        ),
        "{failed:?}"
    );
    assert_eq!(state.to_json(), r#"{"a":1,"n":2}"#);
    assert_eq!(state.rebased(r#"{"n":5}"#), r#"{"a":1,"n":6}"#);
}

#[test]
fn after_a_commit_only_later_changes_are_made_again() {
    let mut state = state(r#"{"n":1}"#);
    state.increment("n");
    let stored = state.serialize(NO_LIMIT).unwrap();
    state.adopt(&stored);
    assert!(!state.is_changed());
    assert_eq!(state.to_json(), r#"{"n":2}"#);
    state.make([set("a", 1)]);
    assert_eq!(state.rebased(r#"{"n":9}"#), r#"{"a":1,"n":9}"#);
}

#[test]
fn changes_that_are_cleared_leave_the_stored_state() {
    let mut state = state(r#"{"n":1}"#);
    state.make([Change::Clear, set("a", 1)]);
    state.clear_changes();
    assert_eq!(state.to_json(), r#"{"n":1}"#);
    assert_eq!(state.view().length().as_json(), 7);
}

#[derive(Debug, Clone)]
enum Step {
    Set(String),
    Remove,
    Clear,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<String>().prop_map(Step::Set),
        4 => Just(Step::Remove),
        1 => Just(Step::Clear),
        1 => Just(Step::Commit),
    ]
}

/// Does the same to a state and to a map.
fn make_step(state: &mut ServerState, map: &mut BTreeMap<String, String>, key: String, step: Step) {
    let (change, differs) = match step {
        Step::Set(value) => {
            let change = text(&key, &value);
            (change, map.insert(key, value.clone()) != Some(value))
        }
        Step::Remove => (Change::remove(key.clone()), map.remove(&key).is_some()),
        Step::Clear => (Change::Clear, !std::mem::take(map).is_empty()),
        Step::Commit => {
            let stored = state.serialize(NO_LIMIT).unwrap();
            state.adopt(&stored);
            return;
        }
    };
    assert_eq!(state.apply(change, NO_LIMIT).unwrap(), differs);
}

proptest! {
    #[test]
    fn a_state_behaves_as_a_map(
        loaded in btree_map(any::<String>(), any::<String>(), 0..6),
        steps in vec((any::<String>(), any::<Index>(), step()), 0..12),
    ) {
        let mut map = loaded;
        let mut state = state(&serde_json::to_string(&map).unwrap());
        for (key, index, step) in steps {
            // A key that is there, or another one.
            let known = map.keys().nth(index.index(map.len() + 1)).cloned();
            make_step(&mut state, &mut map, known.unwrap_or(key), step);
            let json = serde_json::to_string(&map).unwrap();
            assert_eq!(state.to_json(), json);
            assert_eq!(state.length().as_json(), json.len());
            assert_eq!(state.view().is_empty(), map.is_empty());
            for (key, value) in &map {
                let value = serde_json::to_string(value).unwrap();
                assert_eq!(state.view().get(key), Some(&*value));
            }
        }
    }
}
