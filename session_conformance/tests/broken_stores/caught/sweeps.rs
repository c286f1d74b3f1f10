//! The rules that fail for faults in operations on many records.

use crate::lists::*;
use crate::names::*;
use crate::proof::broken_stores;
use crate::revocations::*;
use crate::sweeps::*;

broken_stores! {
    a_store_whose_sweep_spares_the_deadline_itself_is_caught: SweepSparesTheDeadlineItself => [
        a_sweep_of_equal_deadlines_removes_at_most_one_batch,
        a_sweep_does_not_count_deleted_records,
        a_sweep_removes_a_record_at_its_deadline,
        a_sweep_uses_the_deadline_set_by_a_replacement,
        a_sweep_uses_the_deadline_set_by_a_touch,
        a_sweep_accepts_extreme_times,
        a_sweep_leaves_live_records_unchanged,
        repeated_sweeps_remove_all_expired_records,
        a_sweep_does_not_count_revoked_sessions,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_sweep_returns_the_number_of_removed_records,
        a_sweep_accepts_the_largest_batch,
        revoking_an_origin_does_not_count_deleted_sessions,
    ];

    a_store_whose_sweep_is_early_is_caught: SweepIsEarly => [
        a_sweep_spares_a_record_before_its_deadline,
        a_sweep_accepts_extreme_times,
        a_sweep_compares_deadlines_to_the_microsecond,
    ];

    a_store_whose_sweep_compares_seconds_is_caught: SweepComparesSeconds => [
        a_sweep_spares_a_record_before_its_deadline,
        a_sweep_accepts_extreme_times,
        a_sweep_compares_deadlines_to_the_microsecond,
    ];

    a_store_whose_sweep_ignores_batch_is_caught: SweepIgnoresBatch => [
        a_sweep_removes_at_most_one_batch,
        a_sweep_of_equal_deadlines_removes_at_most_one_batch,
        a_sweep_orders_records_by_touched_deadlines,
        repeated_sweeps_remove_all_expired_records,
        a_sweep_removes_the_earliest_deadlines_first,
        sweeps_of_many_records_remove_the_earliest_deadlines_first,
    ];

    a_store_whose_sweep_counts_at_most_one_is_caught: SweepCountsAtMostOne => [
        a_sweep_removes_at_most_one_batch,
        a_sweep_of_equal_deadlines_removes_at_most_one_batch,
        a_sweep_does_not_count_deleted_records,
        a_sweep_orders_records_by_touched_deadlines,
        a_sweep_leaves_live_records_unchanged,
        repeated_sweeps_remove_all_expired_records,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_sweep_returns_the_number_of_removed_records,
        a_sweep_accepts_the_largest_batch,
        sweeps_of_many_records_remove_the_earliest_deadlines_first,
    ];

    a_store_whose_sweep_returns_the_batch_is_caught: SweepReturnsTheBatch => [
        a_sweep_returns_the_number_of_removed_records,
        a_sweep_of_an_empty_store_removes_nothing,
        repeated_sweeps_remove_all_expired_records,
    ] and more;

    a_store_whose_sweep_ignores_large_batches_is_caught: SweepIgnoresLargeBatches => [a_sweep_accepts_the_largest_batch];

    a_store_whose_sweep_removes_live_records_is_caught: SweepRemovesLiveRecords => [
        a_sweep_spares_a_record_before_its_deadline,
        a_sweep_uses_the_deadline_set_by_a_replacement,
        a_sweep_uses_the_deadline_set_by_a_touch,
        a_sweep_accepts_extreme_times,
        a_sweep_leaves_live_records_unchanged,
        repeated_sweeps_remove_all_expired_records,
        a_swept_session_is_no_longer_listed,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_sweep_returns_the_number_of_removed_records,
        revoking_an_origin_does_not_count_deleted_sessions,
    ];

    a_store_whose_sweep_does_nothing_is_caught: SweepDoesNothing => [
        a_sweep_removes_a_record_at_its_deadline,
        repeated_sweeps_remove_all_expired_records,
    ] and more;

    a_store_whose_sweep_follows_creation_is_caught: SweepFollowsCreation => [
        a_sweep_orders_records_by_touched_deadlines,
        a_sweep_removes_the_earliest_deadlines_first,
        sweeps_of_many_records_remove_the_earliest_deadlines_first,
    ];

    a_store_whose_sweep_is_racy_is_caught: SweepIsRacy => [parallel_sweeps_count_each_record_once];

    a_store_whose_sessions_are_reversed_is_caught: SessionsAreReversed => [
        pages_together_list_each_session_once,
        a_page_is_full_unless_it_is_the_last_one,
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
        a_deleted_session_is_not_listed,
        a_summary_has_the_values_of_its_record,
        all_sessions_of_a_principal_are_listed,
        repeated_sweeps_remove_all_expired_records,
        sessions_of_other_principals_are_not_listed,
        listed_sessions_are_ordered_by_id,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_sweep_removes_the_earliest_deadlines_first,
        sweeps_of_many_records_remove_the_earliest_deadlines_first,
    ];

    a_store_whose_sessions_are_ordered_as_signed_is_caught: SessionsAreOrderedAsSigned => [listed_sessions_are_ordered_by_id];

    a_store_whose_sessions_are_limited_is_caught: SessionsAreLimited => [
        a_cutoff_ends_while_sessions_begin,
        all_sessions_of_a_principal_are_listed,
        sweeps_of_many_records_remove_the_earliest_deadlines_first,
    ];

    a_store_whose_sessions_are_stale_is_caught: SessionsAreStale => [
        a_summary_reflects_a_replacement,
        a_summary_reflects_a_touch,
        a_deleted_session_is_not_listed,
        a_session_is_listed_after_a_replacement_sets_its_principal,
        a_session_is_not_listed_after_a_replacement_clears_its_principal,
        a_session_is_listed_under_its_current_principal_only,
        a_swept_session_is_no_longer_listed,
        revoking_deletes_all_sessions_of_a_principal,
    ] and more;

    a_store_whose_pages_ignore_the_limit_is_caught: PagesIgnoreTheLimit => [
        a_page_is_full_unless_it_is_the_last_one,
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
    ];

    a_store_whose_pages_ignore_their_beginning_is_caught: PagesIgnoreTheirBeginning => [
        pages_together_list_each_session_once,
        a_page_is_full_unless_it_is_the_last_one,
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
    ];

    a_store_whose_pages_begin_with_the_last_session_is_caught: PagesBeginWithTheLastSession => [
        pages_together_list_each_session_once,
        a_page_is_full_unless_it_is_the_last_one,
    ];

    a_store_whose_pages_begin_after_a_session_that_is_there_is_caught: PagesBeginAfterASessionThatIsThere => [
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
    ];

    a_store_whose_pages_are_short_is_caught: PagesAreShort => [
        pages_together_list_each_session_once,
        a_page_is_full_unless_it_is_the_last_one,
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
    ];

    a_store_whose_pages_have_the_last_sessions_is_caught: PagesHaveTheLastSessions => [
        pages_together_list_each_session_once,
        a_page_is_full_unless_it_is_the_last_one,
        a_page_begins_after_an_id_without_a_session,
        sessions_that_end_between_pages_hide_no_other,
    ];

    a_store_whose_summaries_lack_the_log_in_is_caught: SummariesLackTheLogIn => [
        a_summary_reflects_a_replacement,
        a_summary_has_the_values_of_its_record,
    ];

    a_store_whose_summaries_lack_the_label_is_caught: SummariesLackTheLabel => [
        a_summary_reflects_a_replacement,
        a_summary_has_the_values_of_its_record,
    ];

    a_store_that_lists_sessions_ignoring_case_is_caught: Lists<IgnoringCase> => [
        revoking_compares_principals_byte_for_byte,
        listing_compares_principals_byte_for_byte,
    ];

    a_store_that_lists_sessions_ignoring_trailing_space_is_caught: Lists<IgnoringTrailingSpace> => [listing_compares_principals_byte_for_byte];

    a_store_that_lists_sessions_ignoring_leading_space_is_caught: Lists<IgnoringLeadingSpace> => [listing_compares_principals_byte_for_byte];

    a_store_that_lists_sessions_by_prefix_is_caught: Lists<ByPrefix> => [
        revoking_compares_principals_byte_for_byte,
        listing_compares_principals_byte_for_byte,
        principals_of_maximum_length_are_distinguished,
    ];

    a_store_that_lists_sessions_by_the_first_191_bytes_is_caught: Lists<ByTheFirst191Bytes> => [principals_of_maximum_length_are_distinguished];

    a_store_that_lists_sessions_comparing_names_as_numbers_is_caught: Lists<AsNumbers> => [
        revoking_compares_principals_byte_for_byte,
        listing_compares_principals_byte_for_byte,
    ];

    a_store_that_lists_sessions_comparing_names_as_patterns_is_caught: Lists<AsPatterns> => [
        revoking_compares_principals_byte_for_byte,
        listing_compares_principals_byte_for_byte,
    ];

    a_store_that_lists_sessions_ignoring_accents_is_caught: Lists<IgnoringAccents> => [
        revoking_compares_principals_byte_for_byte,
        listing_compares_principals_byte_for_byte,
    ];

    a_store_that_revokes_sessions_ignoring_case_is_caught: Revokes<IgnoringCase> => [revoking_compares_principals_byte_for_byte];

    a_store_that_revokes_sessions_comparing_names_as_patterns_is_caught: Revokes<AsPatterns> => [revoking_compares_principals_byte_for_byte];

    a_store_whose_revocation_ignores_the_exception_is_caught: RevocationIgnoresTheException => [
        revoking_spares_the_excepted_session,
        revoking_spares_an_excepted_session_that_is_the_only_one,
    ];

    a_store_whose_revocation_counts_the_exception_is_caught: RevocationCountsTheException => [
        excepting_a_session_of_another_principal_spares_nothing,
        excepting_an_unknown_session_spares_nothing,
        revoking_spares_the_excepted_session,
        revoking_spares_an_excepted_session_that_is_the_only_one,
    ];

    a_store_whose_revocation_obeys_a_foreign_exception_is_caught: RevocationObeysAForeignException => [
        excepting_a_session_of_another_principal_spares_nothing,
        excepting_an_unknown_session_spares_nothing,
    ];

    a_store_whose_revocation_hides_the_count_is_caught: RevocationHidesTheCount => [
        excepting_a_session_of_another_principal_spares_nothing,
        revoking_uses_the_principal_set_by_a_replacement,
        revoking_deletes_all_sessions_of_a_principal,
        excepting_an_unknown_session_spares_nothing,
        revoking_twice_deletes_nothing_more,
        revoking_compares_principals_byte_for_byte,
        a_sweep_does_not_count_revoked_sessions,
        revoking_spares_the_excepted_session,
        revoking_leaves_sessions_of_others_unchanged,
    ];

    a_store_whose_revocation_is_one_by_one_is_caught: RevocationIsOneByOne => [a_cancelled_revocation_removes_all_or_nothing];
}
