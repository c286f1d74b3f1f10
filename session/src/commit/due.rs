use time::UtcDateTime;

use super::intent::{Intent, StateSummary};
use super::plan::{PlanInput, StoreStep, plan};
use crate::config::SessionPolicy;
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
