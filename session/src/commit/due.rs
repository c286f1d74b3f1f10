//! The question whether a request leaves anything to do.

use time::UtcDateTime;

use super::intent::{Intent, StateSummary};
use super::plan::{PlanInput, StoreStep, plan};
use crate::config::SessionPolicy;
use crate::session::Inner;
use crate::session::status::SessionStatus;

const UNCHANGED: StateSummary = StateSummary {
    changed: false,
    empty: true,
};

/// Returns `true` if a request that does nothing but read that session would have nothing to write
/// and no cookie to send.
pub(crate) fn is_nothing_due(
    policy: &SessionPolicy,
    status: &SessionStatus,
    passive: bool,
    now: UtcDateTime,
) -> bool {
    let plan = plan(&PlanInput {
        policy,
        now,
        status,
        intent: Intent::Keep,
        passive,
        server_state: UNCHANGED,
        client_state: UNCHANGED,
        cookie_only: false,
        server_error: false,
        cookie_due: false,
        confirmed: false,
    });
    plan.store == StoreStep::Nothing && !plan.sets_cookie
}

/// Returns `true` if the request has only read its record, and nothing was due as it arrived. Such
/// a request is spared the commit, and another look at the clock.
pub(super) fn has_only_read(session: &Inner) -> bool {
    let has_shown = !session.pending.flashes_shown.is_empty();
    if has_shown || session.has_changes() || session.progress.has_begun() {
        return false;
    }
    let (policy, passive) = (&session.env.policy, session.is_passive());
    match (session.found.known_status(), session.env.arrived_at()) {
        (Some(status @ SessionStatus::Live(_)), Some(now)) => {
            is_nothing_due(policy, status, passive, now)
        }
        _ => false,
    }
}
