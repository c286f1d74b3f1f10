//! The deadlines that a plan may choose.

use super::*;

#[test]
fn a_log_in_counts_the_absolute_timeout_anew() {
    let policy = TestApp::new(SessionStore::cookie_only()).policy;
    let status = SessionStatus::Live(live_at_the_end());
    let deadline_with = |intent| {
        let input = PlanInput {
            intent,
            ..calm(&policy, &status)
        };
        plan(&input).expires_at
    };
    assert_eq!(deadline_with(Intent::Renew), now() + HOUR);
    let log_in = log_in_at(now(), Lifetime::Ordinary);
    assert_eq!(deadline_with(log_in), now() + DAY);
    let remembered = log_in_at(now(), Lifetime::Remembered);
    assert_eq!(deadline_with(remembered), now() + 14 * DAY);
    // An identity provider asked for the password 29.5 days ago.
    let long_ago = now() + 12 * HOUR - 30 * DAY;
    let log_in = log_in_at(long_ago, Lifetime::Ordinary);
    assert_eq!(deadline_with(log_in), now() + 12 * HOUR);
}

/// Whatever it does, a passive request moves no deadline, except that of a log-in.
#[test]
fn no_passive_request_moves_a_deadline() {
    let policy = policy(renewing);
    for (name, status) in &statuses() {
        for input in passive_inputs(&policy, status) {
            let plan = plan(&input);
            let writes = matches!(plan.store, StoreStep::Touch | StoreStep::Replace);
            let moves = (writes || plan.sets_cookie) && !plan.store.loads();
            if moves && plan.token != TokenStep::New {
                let (before, after) = (status.expires_at(), Some(plan.expires_at));
                assert_eq!(after, before, "{name}: {plan:?}");
            }
        }
    }
}

fn passive_inputs<'a>(
    policy: &'a SessionPolicy,
    status: &'a SessionStatus,
) -> impl Iterator<Item = PlanInput<'a>> {
    let states = summaries().into_iter().flat_map(|(_, server_state)| {
        summaries().map(|(_, client_state)| (server_state, client_state))
    });
    states.flat_map(move |(server_state, client_state)| {
        [Intent::Keep, Intent::Renew].map(|intent| PlanInput {
            intent,
            server_state,
            client_state,
            passive: true,
            ..calm(policy, status)
        })
    })
}
