//! The decision table, cell by cell.

use std::time::Duration;

use super::*;
use crate::SessionConfig;
use crate::testing::TestApp;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Ten days after the epoch; idle timeout 24 hours, absolute timeout 30 days, renewal every hour.
fn now() -> UtcDateTime {
    UtcDateTime::UNIX_EPOCH + 10 * DAY
}

fn cookie(hours_left: u32) -> Cookie {
    Cookie {
        created_at: now() - DAY,
        expires_at: now() + HOUR * hours_left,
        is_final: false,
    }
}

fn live(cookie_hours: u32, record_hours: u32) -> Live {
    Live {
        cookie: cookie(cookie_hours),
        begins_at: now() - DAY,
        expires_at: now() + HOUR * record_hours,
        secret_issued_at: now(),
        previous_secret: false,
    }
}

fn subjects() -> Vec<(&'static str, Subject)> {
    let at_the_end = Live {
        cookie: Cookie {
            created_at: now() + HOUR - 30 * DAY,
            expires_at: now() + HOUR,
            is_final: true,
        },
        begins_at: now() + HOUR - 30 * DAY,
        ..live(1, 1)
    };
    let previous = Live {
        previous_secret: true,
        secret_issued_at: now() - 2 * HOUR,
        ..live(23, 23)
    };
    let renewal_due = Live {
        secret_issued_at: now() - HOUR,
        ..live(23, 23)
    };
    vec![
        ("nobody", Subject::Nobody),
        ("superseded", Subject::Superseded),
        ("lost", Subject::Lost),
        ("recordless, fresh", Subject::Recordless(cookie(23))),
        ("recordless, due", Subject::Recordless(cookie(19))),
        ("unloaded, fresh", Subject::Unloaded(cookie(23))),
        ("unloaded, due", Subject::Unloaded(cookie(19))),
        (
            "unloaded, at the absolute timeout",
            Subject::Unloaded(at_the_end.cookie),
        ),
        ("live, fresh", Subject::Live(live(23, 23))),
        ("live, due", Subject::Live(live(19, 19))),
        (
            "live, due, extended by another request",
            Subject::Live(live(19, 23)),
        ),
        ("live, at the absolute timeout", Subject::Live(at_the_end)),
        ("live, previous secret", Subject::Live(previous)),
        ("live, renewal due", Subject::Live(renewal_due)),
        (
            "recordless, expired meanwhile",
            Subject::Recordless(cookie(0)),
        ),
        ("unloaded, expired meanwhile", Subject::Unloaded(cookie(0))),
        ("live, expired meanwhile", Subject::Live(live(0, 0))),
    ]
}

fn intents() -> [(&'static str, Intent); 4] {
    [
        ("Keep", Intent::Keep),
        ("Renew", Intent::Renew),
        ("LogIn", Intent::LogIn(now())),
        ("End", Intent::End),
    ]
}

fn contents() -> [(&'static str, Content); 3] {
    let content = |changed, empty| Content { changed, empty };
    [
        ("same", content(false, true)),
        ("changed", content(true, false)),
        ("emptied", content(true, true)),
    ]
}

/// One line for each combination: what happened, and what is to be done.
fn table(edit: impl FnOnce(&mut SessionConfig), cookie_only: bool) -> Vec<String> {
    let mut config = SessionConfig::default();
    edit(&mut config);
    let policy = TestApp::with_config(crate::SessionStore::cookie_only(), &config)
        .unwrap()
        .policy;
    let mut lines = Vec::new();
    for (name, subject) in subjects() {
        for (intent_name, intent) in intents() {
            for (server_name, server_state) in contents() {
                for (client_name, client_state) in contents() {
                    for (status, server_error) in [("ok", false), ("5xx", true)] {
                        let situation = Situation {
                            now: now(),
                            subject,
                            intent,
                            server_state,
                            client_state,
                            cookie_only,
                            server_error,
                        };
                        let plan = plan(&situation, &policy);
                        if intent == Intent::End {
                            // Nothing but the subject matters: one line says it.
                            lines.push(format!("{name} | End => {}", describe(&plan)));
                            continue;
                        }
                        lines.push(format!(
                            "{name} | {intent_name} | server {server_name}, client {client_name} | {status} => {}",
                            describe(&plan)
                        ));
                    }
                }
            }
        }
    }
    lines.dedup();
    lines
}

fn describe(plan: &Plan) -> String {
    let deadline = match plan.expires_at == now() {
        true => String::new(),
        false => format!(", ends in {} h", (plan.expires_at - now()).whole_hours()),
    };
    match (plan.store, plan.token, plan.cookie) {
        (StoreStep::Nothing, _, CookieStep::Nothing) => "-".into(),
        (store, TokenStep::Keep, CookieStep::Nothing) => format!("{store:?}{deadline}"),
        (store, token, cookie) => {
            format!("{store:?}, token {token:?}, cookie {cookie:?}{deadline}")
        }
    }
}

fn renewing(config: &mut SessionConfig) {
    config.state.renew_every = Some(HOUR);
}

/// Only the lines that another policy changes.
fn difference(edit: impl FnOnce(&mut SessionConfig), cookie_only: bool) -> String {
    let base = table(renewing, false);
    let other = table(
        |config| {
            renewing(config);
            edit(config);
        },
        cookie_only,
    );
    let changed = base
        .iter()
        .zip(&other)
        .filter(|(base, other)| base != other);
    changed
        .map(|(base, other)| format!("{base}\n    now {}\n", other.split(" => ").nth(1).unwrap()))
        .collect()
}

#[test]
fn every_cell_under_the_default_policy_with_renewal() {
    insta::assert_snapshot!(table(renewing, false).join("\n"));
}

#[test]
fn what_changes_without_renewal() {
    insta::assert_snapshot!(difference(|config| config.state.renew_every = None, false));
}

#[test]
fn what_changes_when_any_request_is_activity() {
    let edit = |config: &mut SessionConfig| config.state.activity = Activity::AnyRequest;
    insta::assert_snapshot!(difference(edit, false));
}

#[test]
fn what_changes_when_only_changes_are_activity() {
    let edit = |config: &mut SessionConfig| config.state.activity = Activity::Changes;
    insta::assert_snapshot!(difference(edit, false));
}

#[test]
fn what_changes_when_records_are_for_server_side_state_only() {
    let edit = |config: &mut SessionConfig| config.state.record = RecordCreation::IfServerSide;
    insta::assert_snapshot!(difference(edit, false));
}

#[test]
fn what_changes_without_a_store() {
    insta::assert_snapshot!(difference(|_| {}, true));
}

#[test]
fn what_changes_when_server_errors_save() {
    let edit = |config: &mut SessionConfig| config.state.save_on_server_error = true;
    insta::assert_snapshot!(difference(edit, false));
}

/// Statements that must hold in every cell, whatever the snapshots say.
#[test]
fn no_cell_breaks_an_invariant() {
    for line in table(renewing, false) {
        let (situation, plan) = line.split_once(" => ").unwrap();
        if plan.contains("cookie Remove") {
            assert!(
                situation.contains("End"),
                "only an explicit end removes the cookie: {line}"
            );
        }
        let lost = situation.starts_with("lost") || situation.contains("expired meanwhile");
        if lost && !situation.contains("End") {
            let plans = match situation.contains("LogIn") {
                true => ["-", "StartOver", "Reload"],
                false => ["-", "Discard", "Reload"],
            };
            assert!(plans.contains(&plan), "the end wins: {line}");
        }
        if situation.contains("5xx") && !situation.contains("End") {
            assert_eq!(plan, "-", "a server error saves nothing: {line}");
        }
        if plan.contains("Create") {
            assert!(
                plan.contains("token Fresh"),
                "no foreign id is adopted: {line}"
            );
        }
        if plan.contains("Touch") || plan.contains("Create") {
            assert!(
                plan.contains("cookie Set"),
                "record and cookie move together: {line}"
            );
        }
        let written = plan.contains("Create") || plan.contains("Replace");
        if situation.contains("LogIn") && written {
            assert!(
                !plan.contains("token Keep"),
                "a log-in replaces the token: {line}"
            );
        }
    }
}

#[test]
fn a_log_in_counts_the_absolute_timeout_anew() {
    let policy = TestApp::new(crate::SessionStore::cookie_only()).policy;
    let old = Live {
        begins_at: now() + HOUR - 30 * DAY,
        ..live(1, 1)
    };
    let deadline_with = |intent| {
        let situation = Situation {
            now: now(),
            subject: Subject::Live(old),
            intent,
            server_state: Content::NONE,
            client_state: Content::NONE,
            cookie_only: false,
            server_error: false,
        };
        plan(&situation, &policy).expires_at
    };
    assert_eq!(deadline_with(Intent::Renew), now() + HOUR);
    assert_eq!(deadline_with(Intent::LogIn(now())), now() + DAY);
    // An identity provider asked for the password 29.5 days ago.
    let long_ago = now() + 12 * HOUR - 30 * DAY;
    assert_eq!(deadline_with(Intent::LogIn(long_ago)), now() + 12 * HOUR);
}
