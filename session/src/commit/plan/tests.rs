//! The decision table, cell by cell.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::commit::end::plan_end;
use crate::config::SessionConfig;
use crate::cookie::payload::ClientJson;
use crate::session::status::{MatchedSecret, Superseded};
use crate::store::{Lifetime, Revision, SerializedState, SessionStore};
use crate::testing::TestApp;
use crate::token::{Secret, SessionToken};

mod deadlines;
mod due;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Thirty days after the epoch. The idle timeout is 24 hours, the absolute timeout 30 days; the
/// secret is renewed every hour.
fn now() -> UtcDateTime {
    UtcDateTime::UNIX_EPOCH + 30 * DAY
}

fn cookie(hours_left: u32) -> CookiePayload {
    cookie_from(now() - DAY, hours_left)
}

fn cookie_from(created_at: UtcDateTime, hours_left: u32) -> CookiePayload {
    CookiePayload {
        token: SessionToken::generate(created_at).unwrap(),
        issued_at: 0,
        expires_at: now() + HOUR * hours_left,
        at_absolute_limit: false,
        has_record: true,
        has_principal: false,
        lifetime: Lifetime::Ordinary,
        has_old_key: false,
        client_state: ClientJson::default(),
    }
}

fn live(cookie_hours: u32, record_hours: u32) -> LiveSession {
    live_from(cookie(cookie_hours), record_hours)
}

fn live_from(cookie: CookiePayload, record_hours: u32) -> LiveSession {
    let record = SessionRecord {
        id: cookie.token.id,
        revision: Revision::FIRST,
        secret: cookie.token.secret.hash(),
        secret_issued_at: now(),
        previous_secret: None,
        principal: None,
        created_at: cookie.token.id.created_at(),
        authenticated_at: None,
        last_active_at: now(),
        expires_at: now() + HOUR * record_hours,
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::Ordinary,
        state: SerializedState::empty(),
    };
    LiveSession {
        cookie,
        stored_until: record.expires_at,
        record: Arc::new(record),
        matched: MatchedSecret::Current,
    }
}

/// A session one hour before its absolute timeout.
fn live_at_the_end() -> LiveSession {
    let mut cookie = cookie_from(now() + HOUR - 30 * DAY, 1);
    cookie.at_absolute_limit = true;
    live_from(cookie, 1)
}

/// A session whose timeout was shortened two hours ago. The store keeps the deadline from before.
fn live_shortened() -> LiveSession {
    let mut live = live(22, 22);
    Arc::make_mut(&mut live.record).last_active_at = now() - 2 * HOUR;
    live.stored_until = now() + 14 * DAY;
    live
}

fn live_since(secret_issued_at: UtcDateTime) -> LiveSession {
    let mut live = live(23, 23);
    Arc::make_mut(&mut live.record).secret_issued_at = secret_issued_at;
    live
}

fn live_with_previous_secret() -> LiveSession {
    LiveSession {
        matched: MatchedSecret::Previous {
            current: Secret::generate().unwrap(),
        },
        ..live_since(now() - 2 * HOUR)
    }
}

fn live_joined() -> LiveSession {
    LiveSession {
        matched: MatchedSecret::BeforeLogIn {
            current: Secret::generate().unwrap(),
        },
        ..live(19, 23)
    }
}

fn statuses() -> Vec<(&'static str, SessionStatus)> {
    use SessionStatus::{Live, Lost, NoSession, Unloaded, WithoutRecord};
    let id = cookie(23).token.id;
    let superseded = Superseded { id, to_join: None };
    vec![
        ("nobody", NoSession),
        ("superseded", SessionStatus::Superseded(superseded)),
        ("lost", Lost(id)),
        ("recordless, fresh", WithoutRecord(cookie(23))),
        ("recordless, due", WithoutRecord(cookie(19))),
        ("unloaded, fresh", Unloaded(cookie(23))),
        ("unloaded, due", Unloaded(cookie(19))),
        (
            "unloaded, at the absolute timeout",
            Unloaded(live_at_the_end().cookie),
        ),
        ("live, fresh", Live(live(23, 23))),
        ("live, due", Live(live(19, 19))),
        ("live, due, extended by another request", Live(live(19, 23))),
        ("live, shortened", Live(live_shortened())),
        ("live, at the absolute timeout", Live(live_at_the_end())),
        ("live, previous secret", Live(live_with_previous_secret())),
        ("live, joined by the log-in", Live(live_joined())),
        ("live, renewal due", Live(live_since(now() - HOUR))),
        ("recordless, expired meanwhile", WithoutRecord(cookie(0))),
        ("unloaded, expired meanwhile", Unloaded(cookie(0))),
        ("live, expired meanwhile", Live(live(0, 0))),
    ]
}

fn log_in_at(authenticated_at: UtcDateTime, lifetime: Lifetime) -> Intent {
    Intent::LogIn(LogInIntent {
        authenticated_at,
        lifetime,
    })
}

fn intents() -> [(&'static str, Intent); 3] {
    [
        ("Keep", Intent::Keep),
        ("Renew", Intent::Renew),
        ("LogIn", log_in_at(now(), Lifetime::Ordinary)),
    ]
}

fn summaries() -> [(&'static str, StateSummary); 3] {
    let content = |changed, empty| StateSummary { changed, empty };
    [
        ("same", content(false, true)),
        ("changed", content(true, false)),
        ("emptied", content(true, true)),
    ]
}

/// Returns a policy with the timeouts that the statuses are made for.
fn policy(edit: impl FnOnce(&mut SessionConfig)) -> SessionPolicy {
    let mut config = SessionConfig::default();
    config.state.anonymous.idle_timeout = Some(DAY);
    config.state.anonymous.absolute_timeout = Some(30 * DAY);
    edit(&mut config);
    let app = TestApp::with_config(SessionStore::cookie_only(), &config);
    app.unwrap().policy
}

/// Returns the input of a request that wants nothing.
fn calm<'a>(policy: &'a SessionPolicy, status: &'a SessionStatus) -> PlanInput<'a> {
    let nothing = StateSummary {
        changed: false,
        empty: true,
    };
    PlanInput {
        policy,
        now: now(),
        status,
        intent: Intent::Keep,
        passive: false,
        server_state: nothing,
        client_state: nothing,
        cookie_only: false,
        server_error: false,
        cookie_due: false,
        confirmed: false,
    }
}

/// Returns one line for each combination: the events, and the plan.
fn table(edit: impl FnOnce(&mut SessionConfig), change: fn(&mut PlanInput<'_>)) -> Vec<String> {
    let policy = policy(edit);
    let mut lines = Vec::new();
    for (name, status) in &statuses() {
        for (intent_name, intent) in intents() {
            for (server_name, server_state) in summaries() {
                for (client_name, client_state) in summaries() {
                    for (response, server_error) in [("ok", false), ("5xx", true)] {
                        let mut input = PlanInput {
                            intent,
                            server_state,
                            client_state,
                            server_error,
                            ..calm(&policy, status)
                        };
                        change(&mut input);
                        lines.push(format!(
                            "{name} | {intent_name} | server {server_name}, client {client_name} | {response} => {}",
                            describe(&plan(&input))
                        ));
                    }
                }
            }
        }
    }
    lines
}

fn describe(plan: &Plan) -> String {
    let deadline = match plan.expires_at == now() {
        true => String::new(),
        false => format!(", ends in {} h", (plan.expires_at - now()).whole_hours()),
    };
    match (plan.store, plan.token, plan.sets_cookie) {
        (StoreStep::Nothing, _, false) => "-".into(),
        (store, TokenStep::Keep, false) => format!("{store:?}{deadline}"),
        (store, token, sets_cookie) => {
            let cookie = if sets_cookie { "Set" } else { "Nothing" };
            format!("{store:?}, token {token:?}, cookie {cookie}{deadline}")
        }
    }
}

fn renewing(config: &mut SessionConfig) {
    config.state.renew_every = Some(HOUR);
}

/// Returns only the lines that another policy changes.
fn difference(edit: impl FnOnce(&mut SessionConfig), change: fn(&mut PlanInput<'_>)) -> String {
    let base = table(renewing, |_| {});
    let other = table(
        |config| {
            renewing(config);
            edit(config);
        },
        change,
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
    insta::assert_snapshot!(table(renewing, |_| {}).join("\n"));
}

#[test]
fn difference_without_renewal() {
    insta::assert_snapshot!(difference(|config| config.state.renew_every = None, |_| {}));
}

#[test]
fn difference_when_any_request_is_activity() {
    let edit = |config: &mut SessionConfig| config.state.activity = Activity::AnyRequest;
    insta::assert_snapshot!(difference(edit, |_| {}));
}

#[test]
fn difference_when_only_changes_are_activity() {
    let edit = |config: &mut SessionConfig| config.state.activity = Activity::Changes;
    insta::assert_snapshot!(difference(edit, |_| {}));
}

#[test]
fn difference_when_the_request_is_passive() {
    insta::assert_snapshot!(difference(|_| {}, |input| input.passive = true));
}

#[test]
fn difference_when_records_are_for_server_side_state_only() {
    let edit = |config: &mut SessionConfig| config.state.record = RecordCreation::IfServerSide;
    insta::assert_snapshot!(difference(edit, |_| {}));
}

#[test]
fn difference_without_a_store() {
    insta::assert_snapshot!(difference(|_| {}, |input| input.cookie_only = true));
}

#[test]
fn difference_when_server_errors_save() {
    let edit = |config: &mut SessionConfig| config.state.save_on_server_error = true;
    insta::assert_snapshot!(difference(edit, |_| {}));
}

#[test]
fn the_end_of_a_session_by_its_status() {
    let lines = statuses().into_iter().map(|(name, status)| {
        let step = plan_end(&status);
        format!("{name} => {step:?}")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// Statements that must hold in every cell, whatever the snapshots say.
#[test]
fn no_cell_breaks_an_invariant() {
    for line in table(renewing, |_| {}) {
        let (situation, plan) = line.split_once(" => ").unwrap();
        let lost = situation.starts_with("lost") || situation.contains("expired meanwhile");
        if lost {
            let plans = match situation.contains("LogIn") {
                true => ["-", "RestartAsNew", "Reload"],
                false => ["-", "Discard", "Reload"],
            };
            assert!(plans.contains(&plan), "the end wins: {line}");
        }
        if situation.contains("5xx") {
            assert_eq!(plan, "-", "a server error saves nothing: {line}");
        }
        if plan.contains("Create") {
            let new_token = plan.contains("token New");
            assert!(new_token, "no foreign id is adopted: {line}");
        }
        if plan.contains("Touch") || plan.contains("Create") {
            let set = plan.contains("cookie Set");
            assert!(set, "record and cookie move together: {line}");
        }
        let written = plan.contains("Create") || plan.contains("Replace");
        if situation.contains("LogIn") && written {
            let joined = situation.contains("joined");
            let new_token = !plan.contains("token Keep");
            assert!(new_token != joined, "a log-in replaces the token: {line}");
        }
    }
}
