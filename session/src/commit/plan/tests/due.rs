use super::*;
use crate::commit::is_nothing_due;

/// Returns the number of statuses for which nothing is due, with both kinds of activity.
///
/// A request is spared the commit then. So a commit must do nothing, whatever the circumstances.
fn spared(policy: &SessionPolicy) -> usize {
    let mut old_key = live(23, 23);
    old_key.cookie.has_old_key = true;
    let more = [
        ("dead", SessionStatus::DEAD),
        ("old key", SessionStatus::Live(old_key)),
    ];
    let mut spared = 0;
    for (name, status) in statuses().iter().chain(&more) {
        for passive in [false, true] {
            if is_nothing_due(policy, status, passive, now()) {
                spared += 1;
                no_circumstance_leads_to_a_step(policy, name, status, passive);
            }
        }
    }
    spared
}

fn no_circumstance_leads_to_a_step(
    policy: &SessionPolicy,
    name: &str,
    status: &SessionStatus,
    passive: bool,
) {
    // Without a session, there are no values but those of a change.
    let has_session = status.named_id().is_some();
    for circumstances in 0..32 {
        let has = |bit: u32| circumstances & (1 << bit) != 0;
        let mut input = PlanInput {
            passive,
            server_error: has(0),
            cookie_only: has(1),
            confirmed: has(2),
            ..calm(policy, status)
        };
        input.server_state.empty = has(3) || !has_session;
        input.client_state.empty = has(4) || !has_session;
        assert_eq!(describe(&plan(&input)), "-", "{name}");
    }
}

#[test]
fn a_request_that_is_spared_the_commit_leaves_nothing_to_do() {
    let edits: [fn(&mut SessionConfig); 5] = [
        renewing,
        |config| config.state.renew_every = None,
        |config| config.state.activity = Activity::AnyRequest,
        |config| config.state.activity = Activity::Changes,
        |config| config.state.record = RecordCreation::IfServerSide,
    ];
    assert_eq!(
        edits.map(|edit| spared(&policy(edit))),
        [32, 33, 32, 36, 33]
    );
}
