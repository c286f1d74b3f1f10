//! The list of all rules, from which the tests and the module `rules` are generated.

/// Calls another macro with the list of all rules: `__with_rules!({macro to call} context)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_rules {
    ({ $($callback:tt)* } $context:tt) => {
        $($callback)*! {
            $context
            create {
                a_record_without_optional_fields_is_stored_unchanged,
                a_record_with_all_fields_is_stored_unchanged,
                creating_over_a_live_record_is_refused,
                a_refused_creation_changes_nothing,
                creating_the_same_record_twice_is_refused,
                creating_over_an_expired_record_is_refused,
                creating_over_a_long_expired_record_stores_all_or_nothing,
                a_created_record_has_the_given_revision,
                a_creation_leaves_other_records_unchanged,
                ids_that_differ_in_one_bit_are_distinct,
                records_that_differ_only_in_their_id_are_distinct,
            }
            load {
                loading_an_unknown_id_returns_none,
                each_optional_field_is_stored_on_its_own,
                each_optional_field_may_be_absent,
                loading_changes_no_field,
                an_expired_record_is_loaded_unchanged_or_not_at_all,
                loading_returns_the_latest_version,
                each_of_many_records_is_loaded_by_its_id,
            }
            values {
                times_are_kept_to_the_microsecond,
                times_at_the_end_of_the_calendar_are_kept,
                times_do_not_depend_on_a_time_zone,
                large_revisions_are_kept,
                secrets_are_kept_byte_for_byte,
                previous_secrets_are_kept_byte_for_byte,
                stamps_are_kept_byte_for_byte,
                origins_are_kept_byte_for_byte,
                lifetimes_are_kept,
                labels_of_maximum_length_are_kept,
                an_empty_label_differs_from_no_label,
                labels_are_kept_byte_for_byte,
                principals_are_kept_byte_for_byte,
            }
            state {
                a_state_without_entries_is_kept,
                a_state_of_256_kibibytes_is_kept,
                states_of_all_sizes_are_kept,
                deeply_nested_states_are_kept,
                escape_sequences_are_kept,
                characters_of_all_unicode_planes_are_kept,
                unicode_is_not_normalised,
                whitespace_in_a_state_is_kept,
                keys_of_a_state_keep_their_order,
                numbers_are_kept_as_written,
                code_in_a_state_is_not_interpreted,
                a_state_that_grows_and_shrinks_is_kept,
            }
            replace {
                replacing_the_expected_revision_succeeds,
                replacing_a_newer_revision_conflicts,
                replacing_an_older_revision_conflicts,
                a_conflict_changes_nothing,
                replacing_an_unknown_record_reports_gone,
                a_replacement_never_creates_a_record,
                a_replacement_writes_every_field,
                a_replacement_sets_and_clears_optional_fields,
                a_replacement_never_moves_the_deadline_back,
                a_replacement_never_moves_the_last_activity_back,
                a_replacement_compares_deadline_and_activity_separately,
                a_replacement_moves_the_deadline_forward,
                a_replaced_record_has_the_given_revision,
                each_revision_is_replaced_at_most_once,
                replacing_a_record_by_an_equal_one_succeeds,
                a_replacement_leaves_other_records_unchanged,
                replacing_an_expired_record_succeeds_or_reports_gone,
            }
            touch {
                a_touch_moves_both_times_forward,
                a_touch_never_moves_the_deadline_back,
                a_touch_never_moves_the_last_activity_back,
                a_touch_compares_deadline_and_activity_separately,
                a_touch_without_effect_reports_touched,
                a_touch_moves_times_by_a_microsecond,
                a_touch_moves_the_deadline_to_the_end_of_the_calendar,
                touching_with_another_secret_reports_superseded,
                a_touch_with_another_secret_changes_nothing,
                a_touch_uses_the_secret_set_by_a_replacement,
                touching_an_unknown_record_reports_gone,
                a_touch_never_creates_a_record,
                a_touch_keeps_the_revision,
                a_touch_keeps_all_other_fields,
                a_touch_leaves_other_records_unchanged,
            }
            delete {
                a_deleted_record_cannot_be_loaded,
                deleting_an_unknown_record_succeeds,
                deleting_a_record_twice_succeeds,
                a_deleted_record_cannot_be_replaced,
                a_deleted_record_cannot_be_touched,
                an_id_can_be_reused_after_a_deletion,
                a_deletion_reports_the_removal_of_a_record,
                a_deletion_with_the_secret_removes_the_record,
                a_deletion_with_another_secret_removes_nothing,
                a_deletion_uses_the_secret_set_by_a_replacement,
                a_deletion_with_the_secret_of_an_unknown_record_reports_nothing,
                a_deletion_leaves_other_records_unchanged,
            }
            expiry {
                a_sweep_removes_a_record_at_its_deadline,
                a_sweep_spares_a_record_before_its_deadline,
                a_sweep_compares_deadlines_to_the_microsecond,
                a_sweep_removes_the_earliest_deadlines_first,
                sweeps_of_many_records_remove_the_earliest_deadlines_first,
                a_sweep_removes_at_most_one_batch,
                a_sweep_of_equal_deadlines_removes_at_most_one_batch,
                a_sweep_returns_the_number_of_removed_records,
                a_sweep_of_an_empty_store_removes_nothing,
                repeated_sweeps_remove_all_expired_records,
                a_sweep_leaves_live_records_unchanged,
                a_sweep_uses_the_deadline_set_by_a_touch,
                a_sweep_uses_the_deadline_set_by_a_replacement,
                a_sweep_orders_records_by_touched_deadlines,
                a_sweep_does_not_count_deleted_records,
                a_sweep_accepts_the_largest_batch,
                a_sweep_accepts_extreme_times,
                a_swept_session_is_no_longer_listed,
            }
            cutoff {
                a_cutoff_removes_a_record_from_its_moment,
                a_cutoff_spares_a_record_from_after_its_moment,
                a_cutoff_compares_the_time_of_creation_alone,
                a_cutoff_removes_a_record_that_was_written_later,
                a_cutoff_of_many_records_takes_many_steps,
                a_cutoff_ends_while_sessions_begin,
                a_cutoff_of_an_empty_store_removes_nothing,
                a_repeated_cutoff_removes_nothing_more,
                a_cutoff_accepts_the_largest_batch,
                a_cutoff_accepts_extreme_times,
                a_session_that_was_cut_off_is_no_longer_listed,
            }
            all_sessions {
                an_empty_store_has_no_sessions,
                a_walk_returns_each_session_with_the_values_of_its_record,
                a_walk_returns_the_latest_values,
                a_walk_leaves_records_as_they_are,
                a_walk_leaves_out_deleted_sessions,
                a_walk_returns_an_expired_session_unchanged_or_not_at_all,
                a_walk_through_many_sessions_takes_many_steps,
                a_walk_ends_while_sessions_begin,
                sessions_that_end_during_a_walk_hide_no_other,
                a_walk_accepts_the_largest_batch,
            }
            principals {
                an_unknown_principal_has_no_sessions,
                all_sessions_of_a_principal_are_listed,
                listed_sessions_are_ordered_by_id,
                sessions_of_other_principals_are_not_listed,
                listing_compares_principals_byte_for_byte,
                principals_of_maximum_length_are_distinguished,
                a_summary_has_the_values_of_its_record,
                a_summary_reflects_a_replacement,
                a_summary_reflects_a_touch,
                a_deleted_session_is_not_listed,
                a_session_is_listed_after_a_replacement_sets_its_principal,
                a_session_is_not_listed_after_a_replacement_clears_its_principal,
                a_session_is_listed_under_its_current_principal_only,
                a_principal_is_listed_again_after_all_sessions_were_deleted,
            }
            pages {
                pages_together_list_each_session_once,
                a_page_is_full_unless_it_is_the_last_one,
                a_page_begins_after_an_id_without_a_session,
                sessions_that_end_between_pages_hide_no_other,
            }
            revocation {
                revoking_deletes_all_sessions_of_a_principal,
                revoking_spares_the_excepted_session,
                revoking_spares_an_excepted_session_that_is_the_only_one,
                excepting_a_session_of_another_principal_spares_nothing,
                excepting_an_unknown_session_spares_nothing,
                revoking_an_unknown_principal_deletes_nothing,
                revoking_twice_deletes_nothing_more,
                revoking_leaves_sessions_of_others_unchanged,
                revoking_compares_principals_byte_for_byte,
                revoking_uses_the_principal_set_by_a_replacement,
                a_sweep_does_not_count_revoked_sessions,
            }
            origins {
                revoking_an_origin_deletes_all_its_sessions,
                revoking_an_origin_leaves_other_sessions_unchanged,
                revoking_an_unknown_origin_deletes_nothing,
                revoking_an_origin_again_deletes_only_new_sessions,
                revoking_compares_all_bytes_of_an_origin,
                an_origin_survives_replacements_and_touches,
                revoking_uses_the_origin_set_by_a_replacement,
                an_origin_is_independent_of_the_principal,
                revoking_an_origin_does_not_count_deleted_sessions,
            }
            concurrency {
                exactly_one_of_many_parallel_creations_succeeds,
                exactly_one_of_many_parallel_replacements_succeeds,
                replacements_retried_after_conflicts_lose_no_write,
                a_replacement_beside_a_deletion_never_resurrects_the_record,
                a_touch_beside_a_deletion_never_resurrects_the_record,
                a_creation_beside_a_deletion_is_whole_or_absent,
                a_touch_beside_a_replacement_keeps_the_later_deadline,
                a_touch_beside_a_renewal_never_extends_the_new_secret,
                a_deletion_beside_a_renewal_never_removes_the_new_secret,
                parallel_deletions_remove_the_record_once,
                parallel_touches_keep_the_latest_deadline,
                loads_beside_replacements_return_whole_records,
            }
            bulk_concurrency {
                parallel_sweeps_count_each_record_once,
                a_sweep_beside_a_touch_removes_or_spares_the_record,
                creations_beside_a_revocation_are_whole_or_absent,
                parallel_revocations_count_each_session_once,
                a_replacement_beside_a_revocation_never_resurrects_the_session,
                parallel_revocations_of_an_origin_count_each_session_once,
                creations_beside_a_revocation_of_their_origin_are_whole_or_absent,
                a_replacement_beside_a_revocation_of_its_origin_never_resurrects_the_session,
                a_revocation_of_an_origin_ends_a_session_that_is_written_all_the_time,
                listings_beside_replacements_show_whole_summaries,
                operations_on_different_records_are_independent,
                a_cutoff_ends_a_session_that_is_written_all_the_time,
                a_walk_returns_a_session_that_is_written_all_the_time,
            }
            cancellation {
                a_cancelled_creation_stores_all_or_nothing,
                a_cancelled_replacement_writes_all_or_nothing,
                a_cancelled_touch_moves_both_times_or_none,
                a_cancelled_deletion_removes_all_or_nothing,
                a_cancelled_revocation_removes_all_or_nothing,
                a_cancelled_revocation_of_an_origin_removes_all_or_nothing,
                a_cancelled_sweep_removes_a_batch_or_nothing,
                a_store_works_after_many_cancelled_operations,
            }
            session_writers {
                parallel_writes_of_two_keys_are_both_kept,
                parallel_updates_of_one_key_are_both_applied,
                the_later_of_two_inserts_of_one_key_is_kept,
                a_reader_does_not_affect_a_writer,
            }
            session_endings {
                a_log_out_beside_a_writer_ends_the_session,
                a_log_out_beside_a_renewal_ends_the_session,
                a_log_out_beside_a_timed_renewal_ends_the_session,
                a_log_out_beside_a_touch_ends_the_session,
                parallel_log_outs_end_the_session,
                a_log_out_ends_a_session_whose_state_is_damaged,
                a_log_out_ends_a_session_whose_record_cannot_be_read,
                a_session_whose_record_cannot_be_read_is_revoked_by_id,
                a_log_out_with_a_token_replaced_long_ago_is_an_error,
            }
            session_renewals {
                a_renewal_beside_a_writer_keeps_the_new_cookie,
                parallel_renewals_leave_a_valid_cookie,
                a_timed_renewal_beside_writers_loses_no_write,
                a_timed_renewal_beside_a_reader_loses_no_write,
            }
            session_deadlines {
                record_and_cookie_agree_after_a_touch_beside_a_writer,
                record_and_cookie_agree_after_two_touches,
                a_slow_writer_of_an_extended_session_is_not_discarded,
                a_write_is_discarded_if_the_session_expires_meanwhile,
                a_renewal_is_discarded_if_the_session_expires_meanwhile,
                a_read_does_not_extend_a_session_that_expires_meanwhile,
            }
            session_late_answers {
                no_late_answer_brings_an_ended_session_back,
                no_late_answer_replaces_the_cookie_of_a_log_in,
            }
            session_owners {
                a_log_in_beside_a_writer_invalidates_the_old_token,
                a_log_in_beside_a_log_out_starts_a_new_session,
                a_log_in_of_another_principal_starts_empty,
                parallel_log_ins_of_one_browser_leave_one_session,
                parallel_log_ins_above_the_limit_end_the_oldest_sessions,
                parallel_log_ins_above_the_limit_are_refused,
                a_principal_is_shown_their_live_sessions,
                a_revocation_beside_a_writer_ends_the_session,
                revoking_other_sessions_spares_the_current_one,
                revoking_all_sessions_leaves_none,
            }
            session_parallel {
                a_hundred_parallel_updates_are_all_applied,
                a_hundred_parallel_updates_of_a_slow_store_are_all_applied,
                parallel_writes_of_different_keys_are_all_kept,
                a_log_out_among_writers_ends_the_session,
                exactly_one_of_many_parallel_renewals_sends_a_cookie,
                exactly_one_of_many_parallel_requests_takes_a_value,
                a_cancelled_commit_writes_all_or_nothing,
            }
            session_recent {
                no_load_overtakes_the_end_or_the_change_of_its_session,
                no_load_overtakes_revoking_all_sessions,
            }
        }
    };
}
