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

/// Returns `true` if the request has changed nothing, and nothing is due. It is spared the commit.
pub(super) fn has_only_read(session: &Inner) -> bool {
    let has_shown = !session.pending.flashes_shown.is_empty();
    if has_shown || session.has_changes() || session.progress.is_unfinished() {
        return false;
    }
    let (env, passive) = (&session.env, session.is_passive());
    is_nothing_due(&env.policy, session.status(), passive, env.now())
}
