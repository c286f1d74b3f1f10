//! The rules that fail for faults in `all_sessions`.

use crate::proof::broken_stores;
use crate::walks::*;

broken_stores! {
    a_store_whose_walk_returns_nothing_is_caught: WalkReturnsNothing => [
        a_walk_returns_each_session_with_the_values_of_its_record,
        a_walk_returns_the_latest_values,
        a_walk_leaves_out_deleted_sessions,
        a_walk_through_many_sessions_takes_many_steps,
        a_walk_ends_while_sessions_begin,
        sessions_that_end_during_a_walk_hide_no_other,
        a_walk_accepts_the_largest_batch,
    ];

    a_store_whose_walk_ends_after_one_step_is_caught: WalkEndsAfterOneStep => [
        a_walk_through_many_sessions_takes_many_steps,
        a_walk_ends_while_sessions_begin,
        sessions_that_end_during_a_walk_hide_no_other,
    ] and more;

    a_store_whose_walk_has_one_step_is_caught: WalkHasOneStep => [
        a_walk_through_many_sessions_takes_many_steps,
    ];

    a_store_whose_walk_ignores_large_batches_is_caught: WalkIgnoresLargeBatches => [
        a_walk_accepts_the_largest_batch,
    ];

    a_store_whose_walk_leaves_out_visitors_is_caught: WalkLeavesOutVisitors => [
        a_walk_returns_each_session_with_the_values_of_its_record,
        a_walk_leaves_out_deleted_sessions,
    ] and more;

    a_store_whose_walk_forgets_the_log_in_is_caught: WalkForgetsTheLogIn => [
        a_walk_returns_each_session_with_the_values_of_its_record,
        a_walk_returns_the_latest_values,
        a_walk_returns_an_expired_session_unchanged_or_not_at_all,
    ];

    a_store_whose_walk_moves_deadlines_that_have_passed_is_caught:
        WalkMovesDeadlinesThatHavePassed => [
        a_walk_returns_an_expired_session_unchanged_or_not_at_all,
    ];

    a_store_whose_walk_moves_deadlines_by_a_microsecond_is_caught:
        WalkMovesDeadlinesByAMicrosecond => [
        a_walk_returns_each_session_with_the_values_of_its_record,
        a_walk_returns_the_latest_values,
        a_walk_returns_an_expired_session_unchanged_or_not_at_all,
    ];

    a_store_whose_walk_takes_records_for_damaged_is_caught: WalkTakesRecordsForDamaged => [
        a_walk_returns_each_session_with_the_values_of_its_record,
        a_walk_accepts_the_largest_batch,
    ] and more;

    a_store_whose_walk_deletes_what_it_returns_is_caught: WalkDeletesWhatItReturns => [
        a_walk_leaves_records_as_they_are,
        a_walk_ends_while_sessions_begin,
    ] and more;

    a_store_whose_walk_follows_new_sessions_is_caught: WalkFollowsNewSessions => [
        a_walk_ends_while_sessions_begin,
    ] and more;

    a_store_whose_walk_counts_the_sessions_before_is_caught: WalkCountsTheSessionsBefore => [
        a_walk_ends_while_sessions_begin,
        sessions_that_end_during_a_walk_hide_no_other,
    ];

    a_store_whose_walk_returns_the_first_records_is_caught: WalkReturnsTheFirstRecords => [
        a_walk_returns_the_latest_values,
    ];

    a_store_whose_walk_returns_deleted_sessions_is_caught: WalkReturnsDeletedSessions => [
        a_walk_leaves_out_deleted_sessions,
    ];

    a_store_whose_walk_skips_locked_records_is_caught: WalkSkipsLockedRecords => [
        a_walk_returns_a_session_that_is_written_all_the_time,
    ];
}
