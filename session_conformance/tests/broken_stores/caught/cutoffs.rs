//! The rules that fail for faults in `delete_created_until`.

use crate::cutoffs::*;
use crate::proof::broken_stores;

broken_stores! {
    a_store_whose_cutoff_spares_the_moment_itself_is_caught: CutoffSparesTheMomentItself => [
        a_cutoff_removes_a_record_from_its_moment,
        a_cutoff_accepts_extreme_times,
    ];

    a_store_whose_cutoff_is_late_is_caught: CutoffIsLate => [
        a_cutoff_spares_a_record_from_after_its_moment,
        a_cutoff_accepts_extreme_times,
    ];

    a_store_whose_cutoff_removes_everything_is_caught: CutoffRemovesEverything => [
        a_cutoff_spares_a_record_from_after_its_moment,
        a_cutoff_compares_the_time_of_creation_alone,
        a_cutoff_ends_while_sessions_begin,
        a_cutoff_accepts_extreme_times,
        a_session_that_was_cut_off_is_no_longer_listed,
    ];

    a_store_whose_cutoff_does_nothing_is_caught: CutoffDoesNothing => [
        a_cutoff_removes_a_record_that_was_written_later,
        a_cutoff_of_many_records_takes_many_steps,
    ] and more;

    a_store_whose_cutoff_hides_the_count_is_caught: CutoffHidesTheCount => [
        a_cutoff_removes_a_record_from_its_moment,
        a_repeated_cutoff_removes_nothing_more,
    ] and more;

    a_store_whose_cutoff_ends_after_one_step_is_caught: CutoffEndsAfterOneStep => [
        a_cutoff_of_many_records_takes_many_steps,
        a_cutoff_ends_while_sessions_begin,
    ] and more;

    a_store_whose_cutoff_has_one_step_is_caught: CutoffHasOneStep => [
        a_cutoff_of_many_records_takes_many_steps,
    ];

    a_store_whose_cutoff_ignores_large_batches_is_caught: CutoffIgnoresLargeBatches => [
        a_cutoff_accepts_the_largest_batch,
    ];

    a_store_whose_cutoff_follows_the_deadline_is_caught: CutoffFollowsTheDeadline => [
        a_cutoff_compares_the_time_of_creation_alone,
        a_cutoff_removes_a_record_that_was_written_later,
    ] and more;

    a_store_whose_cutoff_follows_new_sessions_is_caught: CutoffFollowsNewSessions => [
        a_cutoff_ends_while_sessions_begin,
    ] and more;

    a_store_whose_cutoff_skips_locked_records_is_caught: CutoffSkipsLockedRecords => [
        a_cutoff_ends_a_session_that_is_written_all_the_time,
    ];
}
