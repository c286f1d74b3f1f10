//! The rules that fail for faults in operations on one record.

use crate::caches::*;
use crate::creations::*;
use crate::deletions::*;
use crate::proof::broken_stores;
use crate::replacements::*;
use crate::touches::*;

broken_stores! {
    a_store_whose_create_overwrites_is_caught: CreateOverwrites => [
        a_refused_creation_changes_nothing,
        creating_over_an_expired_record_is_refused,
        creating_over_a_live_record_is_refused,
        creating_the_same_record_twice_is_refused,
    ];

    a_store_whose_create_hides_duplicates_is_caught: CreateHidesDuplicates => [
        creating_over_a_long_expired_record_stores_all_or_nothing,
        creating_over_an_expired_record_is_refused,
        creating_over_a_live_record_is_refused,
        creating_the_same_record_twice_is_refused,
    ];

    a_store_whose_create_overwrites_duplicates_is_caught: CreateOverwritesDuplicates => [
        creating_over_a_long_expired_record_stores_all_or_nothing,
        a_refused_creation_changes_nothing,
        creating_over_an_expired_record_is_refused,
    ];

    a_store_whose_create_overwrites_expired_is_caught: CreateOverwritesExpired => [creating_over_an_expired_record_is_refused];

    a_store_whose_create_starts_at_revision_one_is_caught: CreateStartsAtRevisionOne => [
        a_conflict_changes_nothing,
        replacing_a_newer_revision_conflicts,
        a_touch_keeps_all_other_fields,
        large_revisions_are_kept,
        a_created_record_has_the_given_revision,
    ];

    a_store_whose_create_is_racy_is_caught: CreateIsRacy => [exactly_one_of_many_parallel_creations_succeeds];

    a_store_whose_create_is_torn_is_caught: CreateIsTorn => [a_cancelled_creation_stores_all_or_nothing];

    a_store_whose_replace_ignores_revision_is_caught: ReplaceIgnoresRevision => [
        a_conflict_changes_nothing,
        replacing_a_newer_revision_conflicts,
        each_revision_is_replaced_at_most_once,
        replacing_an_older_revision_conflicts,
        exactly_one_of_many_parallel_requests_takes_a_value,
    ];

    a_store_whose_replace_accepts_older_revision_is_caught: ReplaceAcceptsOlderRevision => [
        a_conflict_changes_nothing,
        replacing_an_older_revision_conflicts,
    ];

    a_store_whose_replace_creates_is_caught: ReplaceCreates => [
        a_deleted_record_cannot_be_replaced,
        a_replacement_never_creates_a_record,
        replacing_an_unknown_record_reports_gone,
    ];

    a_store_whose_replace_reports_gone_for_conflict_is_caught: ReplaceReportsGoneForConflict => [
        replacing_a_newer_revision_conflicts,
        each_revision_is_replaced_at_most_once,
        replacing_an_older_revision_conflicts,
    ];

    a_store_whose_replace_reports_conflict_for_gone_is_caught: ReplaceReportsConflictForGone => [
        a_deleted_record_cannot_be_replaced,
        replacing_an_unknown_record_reports_gone,
    ];

    a_store_whose_replace_extends_despite_conflict_is_caught: ReplaceExtendsDespiteConflict => [a_conflict_changes_nothing];

    a_store_whose_replace_moves_deadline_back_is_caught: ReplaceMovesDeadlineBack => [
        a_replacement_compares_deadline_and_activity_separately,
        a_replacement_never_moves_the_deadline_back,
    ];

    a_store_whose_replace_moves_activity_back_is_caught: ReplaceMovesActivityBack => [
        a_replacement_compares_deadline_and_activity_separately,
        a_replacement_never_moves_the_last_activity_back,
    ];

    a_store_whose_replace_never_moves_deadline_is_caught: ReplaceNeverMovesDeadline => [
        replacing_an_expired_record_succeeds_or_reports_gone,
        a_sweep_uses_the_deadline_set_by_a_replacement,
        a_replacement_compares_deadline_and_activity_separately,
        a_replacement_moves_the_deadline_forward,
        a_summary_reflects_a_replacement,
        a_replacement_writes_every_field,
    ];

    a_store_whose_replace_moves_times_together_is_caught: ReplaceMovesTimesTogether => [
        a_replacement_compares_deadline_and_activity_separately,
        a_replacement_never_moves_the_last_activity_back,
    ];

    a_store_whose_replace_keeps_principal_is_caught: ReplaceKeepsPrincipal => [
        a_session_is_listed_after_a_replacement_sets_its_principal,
        a_session_is_not_listed_after_a_replacement_clears_its_principal,
        a_session_is_listed_under_its_current_principal_only,
        revoking_uses_the_principal_set_by_a_replacement,
        a_replacement_writes_every_field,
        a_replacement_sets_and_clears_optional_fields,
        an_origin_is_independent_of_the_principal,
    ];

    a_store_whose_replace_never_clears_is_caught: ReplaceNeverClears => [a_replacement_sets_and_clears_optional_fields];

    a_store_whose_replace_keeps_creation_time_is_caught: ReplaceKeepsCreationTime => [
        a_summary_reflects_a_replacement,
        a_replacement_writes_every_field,
        a_replacement_sets_and_clears_optional_fields,
    ];

    a_store_whose_replace_counts_revisions_is_caught: ReplaceCountsRevisions => [
        replacing_a_record_by_an_equal_one_succeeds,
        a_replaced_record_has_the_given_revision,
    ];

    a_store_whose_replace_requires_a_difference_is_caught: ReplaceRequiresADifference => [replacing_a_record_by_an_equal_one_succeeds];

    a_store_whose_replace_is_racy_is_caught: ReplaceIsRacy => [
        exactly_one_of_many_parallel_replacements_succeeds,
        a_replacement_beside_a_deletion_never_resurrects_the_record,
        a_replacement_beside_a_revocation_of_its_origin_never_resurrects_the_session,
        replacements_retried_after_conflicts_lose_no_write,
        a_hundred_parallel_updates_are_all_applied,
    ] and more;

    a_store_whose_replace_is_torn_is_caught: ReplaceIsTorn => [a_cancelled_replacement_writes_all_or_nothing];

    a_store_whose_touch_moves_deadline_back_is_caught: TouchMovesDeadlineBack => [
        a_touch_compares_deadline_and_activity_separately,
        a_touch_never_moves_the_deadline_back,
        a_touch_without_effect_reports_touched,
    ];

    a_store_whose_touch_moves_activity_back_is_caught: TouchMovesActivityBack => [
        a_touch_compares_deadline_and_activity_separately,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_reports_touched,
    ];

    a_store_whose_touch_keeps_activity_is_caught: TouchKeepsActivity => [
        a_replacement_never_moves_the_last_activity_back,
        a_summary_reflects_a_touch,
        a_touch_compares_deadline_and_activity_separately,
        a_touch_keeps_all_other_fields,
        a_touch_keeps_the_revision,
        a_touch_moves_times_by_a_microsecond,
        a_touch_moves_both_times_forward,
        a_walk_returns_the_latest_values,
    ];

    a_store_whose_touch_changes_revision_is_caught: TouchChangesRevision => [
        a_replacement_never_moves_the_deadline_back,
        a_replacement_never_moves_the_last_activity_back,
        a_touch_compares_deadline_and_activity_separately,
        a_touch_keeps_all_other_fields,
        a_touch_keeps_the_revision,
        a_touch_moves_times_by_a_microsecond,
        a_touch_moves_the_deadline_to_the_end_of_the_calendar,
        a_touch_moves_both_times_forward,
        a_touch_never_moves_the_deadline_back,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_reports_touched,
        a_sweep_uses_the_deadline_set_by_a_touch,
    ];

    a_store_whose_touch_requires_a_difference_is_caught: TouchRequiresADifference => [
        a_touch_never_moves_the_deadline_back,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_reports_touched,
    ];

    a_store_whose_touch_ignores_the_secret_is_caught: TouchIgnoresTheSecret => [
        no_late_answer_replaces_the_cookie_of_a_log_in,
        a_touch_uses_the_secret_set_by_a_replacement,
        a_touch_with_another_secret_changes_nothing,
        touching_with_another_secret_reports_superseded,
    ];

    a_store_whose_touch_accepts_the_previous_secret_is_caught: TouchAcceptsThePreviousSecret => [
        a_touch_with_another_secret_changes_nothing,
        touching_with_another_secret_reports_superseded,
    ];

    a_store_whose_touch_reports_gone_if_superseded_is_caught: TouchReportsGoneIfSuperseded => [
        a_touch_uses_the_secret_set_by_a_replacement,
        touching_with_another_secret_reports_superseded,
    ];

    a_store_whose_touch_compares_before_it_writes_is_caught: TouchComparesBeforeItWrites => [
        a_touch_beside_a_renewal_never_extends_the_new_secret,
    ];

    a_store_whose_touch_always_reports_touched_is_caught: TouchAlwaysReportsTouched => [
        a_deleted_record_cannot_be_touched,
        a_touch_uses_the_secret_set_by_a_replacement,
        touching_an_unknown_record_reports_gone,
        touching_with_another_secret_reports_superseded,
    ];

    a_store_whose_touch_creates_is_caught: TouchCreates => [
        a_deleted_record_cannot_be_touched,
        a_touch_never_creates_a_record,
        touching_an_unknown_record_reports_gone,
    ];

    a_store_whose_touch_is_racy_is_caught: TouchIsRacy => [a_touch_beside_a_deletion_never_resurrects_the_record];

    a_store_whose_delete_requires_a_record_is_caught: DeleteRequiresARecord => [
        a_deletion_reports_the_removal_of_a_record,
        a_deletion_with_the_secret_of_an_unknown_record_reports_nothing,
        a_deletion_with_the_secret_removes_the_record,
        deleting_an_unknown_record_succeeds,
        deleting_a_record_twice_succeeds,
    ];

    a_store_whose_delete_ignores_the_secret_is_caught: DeleteIgnoresTheSecret => [
        a_deletion_uses_the_secret_set_by_a_replacement,
        a_deletion_with_another_secret_removes_nothing,
        a_log_out_with_a_token_replaced_long_ago_is_an_error,
    ];

    a_store_whose_delete_accepts_the_previous_secret_is_caught: DeleteAcceptsThePreviousSecret => [
        a_deletion_with_another_secret_removes_nothing,
    ];

    a_store_whose_delete_always_reports_a_removal_is_caught: DeleteAlwaysReportsARemoval => [
        a_deletion_reports_the_removal_of_a_record,
        a_deletion_uses_the_secret_set_by_a_replacement,
        a_deletion_with_another_secret_removes_nothing,
        a_deletion_with_the_secret_of_an_unknown_record_reports_nothing,
        a_deletion_with_the_secret_removes_the_record,
    ];

    a_store_whose_delete_never_reports_a_removal_is_caught: DeleteNeverReportsARemoval => [
        a_deletion_reports_the_removal_of_a_record,
        a_deletion_uses_the_secret_set_by_a_replacement,
        a_deletion_with_the_secret_removes_the_record,
        a_log_out_ends_a_session_whose_record_cannot_be_read,
        a_session_whose_record_cannot_be_read_is_revoked_by_id,
        revoking_an_origin_does_not_count_deleted_sessions,
    ];

    a_store_whose_delete_compares_before_it_removes_is_caught: DeleteComparesBeforeItRemoves => [
        a_deletion_beside_a_renewal_never_removes_the_new_secret,
    ];

    a_store_whose_delete_looks_before_it_removes_is_caught: DeleteLooksBeforeItRemoves => [
        parallel_deletions_remove_the_record_once,
    ];

    a_store_whose_delete_does_nothing_is_caught: DeleteDoesNothing => [
        sessions_that_end_between_pages_hide_no_other,
        a_repeated_cutoff_removes_nothing_more,
        a_log_out_ends_a_session_whose_state_is_damaged,
        a_deletion_reports_the_removal_of_a_record,
        a_deletion_uses_the_secret_set_by_a_replacement,
        a_deletion_with_the_secret_removes_the_record,
        a_deleted_record_cannot_be_replaced,
        a_deleted_record_cannot_be_touched,
        a_deleted_record_cannot_be_loaded,
        a_sweep_does_not_count_deleted_records,
        a_deleted_session_is_not_listed,
        a_principal_is_listed_again_after_all_sessions_were_deleted,
        an_id_can_be_reused_after_a_deletion,
        deleting_a_record_twice_succeeds,
        revoking_an_origin_does_not_count_deleted_sessions,
        a_walk_leaves_out_deleted_sessions,
    ];

    a_store_whose_delete_leaves_a_tombstone_is_caught: DeleteLeavesATombstone => [an_id_can_be_reused_after_a_deletion];

    a_store_whose_cache_survives_revocations_is_caught: CacheSurvivesRevocations => [
        no_load_overtakes_the_end_or_the_change_of_its_session,
        no_load_overtakes_revoking_all_sessions,
    ] and more;
}
