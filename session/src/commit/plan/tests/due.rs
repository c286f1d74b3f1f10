use super::*;
use crate::commit::is_nothing_due;

/// A request is spared the commit only if the commit would do nothing.
#[test]
fn if_nothing_is_due_no_circumstance_of_a_read_leads_to_a_step() {
    let policy = policy(renewing);
    let mut spared = 0;
    for (name, status) in &statuses() {
        for passive in [false, true] {
            if !is_nothing_due(&policy, status, passive, now()) {
                continue;
            }
            spared += 1;
            for circumstances in 0..16 {
                let has = |bit: u32| circumstances & (1 << bit) != 0;
                let mut input = PlanInput {
                    passive,
                    server_error: has(0),
                    cookie_only: has(1),
                    confirmed: has(2),
                    ..calm(&policy, status)
                };
                // Without a session, there are no values but those of a change.
                input.server_state.empty = has(3) || matches!(status, SessionStatus::NoSession);
                assert_eq!(describe(&plan(&input)), "-", "{name}");
            }
        }
    }
    assert_eq!(spared, 30);
}
