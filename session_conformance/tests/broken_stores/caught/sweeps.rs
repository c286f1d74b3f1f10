//! Stores that sweep, list or revoke otherwise than promised.

use crate::names::*;
use crate::sweeps::*;

broken_stores! {
    sweep_is_strict: SweepIsStrict => [
        a_batch_is_a_limit_for_equal_deadlines,
        a_deleted_record_is_not_counted,
        a_record_expires_at_its_deadline,
        a_replaced_record_is_spared,
        a_touched_record_is_spared,
        extreme_times_are_valid,
        live_records_are_left_alone,
        many_batches_remove_everything_expired,
        revoked_sessions_are_not_counted_as_expired,
        the_boundary_is_exact_to_the_microsecond,
        the_count_is_exact,
        the_largest_batch_is_valid,
    ];

    sweep_is_eager: SweepIsEager => [
        a_record_lives_until_its_deadline,
        extreme_times_are_valid,
        the_boundary_is_exact_to_the_microsecond,
    ];

    sweep_compares_seconds: SweepComparesSeconds => [
        a_record_lives_until_its_deadline,
        extreme_times_are_valid,
        the_boundary_is_exact_to_the_microsecond,
    ];

    sweep_ignores_batch: SweepIgnoresBatch => [
        a_batch_is_a_limit,
        a_batch_is_a_limit_for_equal_deadlines,
        a_touched_record_goes_later,
        many_batches_remove_everything_expired,
        the_oldest_go_first,
        the_oldest_of_many_go_first,
    ];

    sweep_cuts_the_count: SweepCutsTheCount => [
        a_batch_is_a_limit,
        a_batch_is_a_limit_for_equal_deadlines,
        a_deleted_record_is_not_counted,
        a_touched_record_goes_later,
        live_records_are_left_alone,
        many_batches_remove_everything_expired,
        the_boundary_is_exact_to_the_microsecond,
        the_count_is_exact,
        the_largest_batch_is_valid,
        the_oldest_of_many_go_first,
    ];

    sweep_always_counts_the_batch: SweepAlwaysCountsTheBatch => [
        the_count_is_exact,
        an_empty_store_has_nothing_expired,
        many_batches_remove_everything_expired,
    ] and more;

    sweep_refuses_large_batches: SweepRefusesLargeBatches => [the_largest_batch_is_valid];

    sweep_deletes_live_records: SweepDeletesLiveRecords => [
        a_record_lives_until_its_deadline,
        a_replaced_record_is_spared,
        a_touched_record_is_spared,
        extreme_times_are_valid,
        live_records_are_left_alone,
        many_batches_remove_everything_expired,
        removed_records_have_no_principal,
        the_boundary_is_exact_to_the_microsecond,
        the_count_is_exact,
    ];

    sweep_does_nothing: SweepDoesNothing => [
        a_record_expires_at_its_deadline,
        many_batches_remove_everything_expired,
    ] and more;

    sweep_goes_by_creation: SweepGoesByCreation => [
        a_touched_record_goes_later,
        the_oldest_go_first,
        the_oldest_of_many_go_first,
    ];

    sweep_is_racy: SweepIsRacy => [several_sweepers_count_each_record_once];

    sessions_are_unordered: SessionsAreUnordered => [
        a_deleted_session_is_not_listed,
        a_summary_tells_what_the_record_says,
        all_sessions_are_listed,
        many_batches_remove_everything_expired,
        only_the_sessions_of_that_principal_are_listed,
        sessions_are_ordered_by_id,
        the_boundary_is_exact_to_the_microsecond,
        the_oldest_go_first,
        the_oldest_of_many_go_first,
    ];

    sessions_are_ordered_as_signed: SessionsAreOrderedAsSigned => [sessions_are_ordered_by_id];

    sessions_are_limited: SessionsAreLimited => [
        all_sessions_are_listed,
        the_oldest_of_many_go_first,
    ];

    sessions_are_stale: SessionsAreStale => [
        a_summary_follows_a_replacement,
        a_summary_follows_a_touch,
        a_deleted_session_is_not_listed,
        a_session_gets_a_principal_by_replacement,
        a_session_loses_its_principal_by_replacement,
        a_session_moves_from_principal_to_principal,
        removed_records_have_no_principal,
        all_sessions_of_a_principal_are_deleted,
    ] and more;

    summaries_lack_the_log_in: SummariesLackTheLogIn => [
        a_summary_follows_a_replacement,
        a_summary_tells_what_the_record_says,
    ];
    summaries_lack_the_label: SummariesLackTheLabel => [
        a_summary_follows_a_replacement,
        a_summary_tells_what_the_record_says,
    ];

    lists_ignores_case: Lists<IgnoresCase> => [
        only_that_very_principal_is_signed_out,
        principals_are_compared_byte_for_byte,
    ];

    lists_ignores_trailing_space: Lists<IgnoresTrailingSpace> => [principals_are_compared_byte_for_byte];

    lists_ignores_leading_space: Lists<IgnoresLeadingSpace> => [principals_are_compared_byte_for_byte];

    lists_compares_prefixes: Lists<ComparesPrefixes> => [
        only_that_very_principal_is_signed_out,
        principals_are_compared_byte_for_byte,
        the_longest_principals_are_told_apart,
    ];

    lists_compares_the_start: Lists<ComparesTheStart> => [the_longest_principals_are_told_apart];

    lists_compares_numbers: Lists<ComparesNumbers> => [
        only_that_very_principal_is_signed_out,
        principals_are_compared_byte_for_byte,
    ];

    lists_compares_patterns: Lists<ComparesPatterns> => [
        only_that_very_principal_is_signed_out,
        principals_are_compared_byte_for_byte,
    ];

    lists_ignores_accents: Lists<IgnoresAccents> => [
        only_that_very_principal_is_signed_out,
        principals_are_compared_byte_for_byte,
    ];

    revokes_ignores_case: Revokes<IgnoresCase> => [only_that_very_principal_is_signed_out];

    revokes_compares_patterns: Revokes<ComparesPatterns> => [only_that_very_principal_is_signed_out];

    revocation_ignores_the_exception: RevocationIgnoresTheException => [
        the_excepted_session_is_spared,
        the_excepted_session_may_be_the_only_one,
    ];

    revocation_counts_the_exception: RevocationCountsTheException => [
        a_foreign_exception_spares_nothing,
        an_unknown_exception_spares_nothing,
        the_excepted_session_is_spared,
        the_excepted_session_may_be_the_only_one,
    ];

    revocation_spares_all_for_a_foreign_exception: RevocationSparesAllForAForeignException => [
        a_foreign_exception_spares_nothing,
        an_unknown_exception_spares_nothing,
    ];

    revocation_hides_the_count: RevocationHidesTheCount => [
        a_foreign_exception_spares_nothing,
        a_session_that_changed_hands_is_deleted_with_its_new_owner,
        all_sessions_of_a_principal_are_deleted,
        an_unknown_exception_spares_nothing,
        deleting_all_twice_deletes_nothing_more,
        only_that_very_principal_is_signed_out,
        revoked_sessions_are_not_counted_as_expired,
        the_excepted_session_is_spared,
        the_sessions_of_others_are_left_alone,
    ];

    revocation_is_one_by_one: RevocationIsOneByOne => [a_revocation_cut_short_is_whole_or_absent];
}
