//! The list of all rules. Everything else that has to know them is made from it.

/// Calls another macro with the list of all rules: `__with_rules!({macro to call} context)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_rules {
    ({ $($callback:tt)* } $context:tt) => {
        $($callback)*! {
            $context
            create {
                a_minimal_record_can_be_created,
                a_complete_record_can_be_created,
                the_id_of_a_live_record_is_refused,
                a_refused_creation_changes_nothing,
                the_same_record_is_refused_the_second_time,
                an_expired_record_still_has_its_id,
                a_record_long_past_its_deadline_is_never_mixed_up,
                the_first_revision_is_the_one_given,
                a_creation_touches_no_other_record,
                ids_that_differ_in_one_bit_are_different,
                two_records_may_differ_in_the_id_alone,
            }
            load {
                an_unknown_id_has_no_record,
                each_optional_field_may_stand_alone,
                each_optional_field_may_be_missing_alone,
                loading_changes_nothing,
                an_expired_record_is_returned_whole_or_not_at_all,
                the_latest_version_is_returned,
                each_of_many_records_is_found,
            }
            values {
                times_are_kept_to_the_microsecond,
                the_end_of_the_calendar_is_a_valid_time,
                times_depend_on_no_time_zone,
                large_revisions_are_kept,
                secrets_may_have_any_bytes,
                previous_secrets_may_have_any_bytes,
                the_longest_labels_are_kept,
                an_empty_label_is_not_a_missing_one,
                labels_are_kept_to_the_byte,
                principals_are_kept_to_the_byte,
            }
            state {
                an_empty_object_is_a_state,
                a_state_of_256_kibibytes_is_kept,
                states_of_all_sizes_are_kept,
                deeply_nested_states_are_kept,
                escape_sequences_are_kept,
                characters_of_all_planes_are_kept,
                unicode_is_not_normalised,
                whitespace_is_kept,
                keys_are_kept_in_order,
                numbers_are_kept_as_written,
                code_in_a_state_is_only_text,
                a_state_may_grow_and_shrink,
            }
            replace {
                the_expected_revision_is_replaced,
                a_newer_revision_is_a_conflict,
                an_older_revision_is_a_conflict,
                a_conflict_changes_nothing,
                an_unknown_record_is_gone,
                a_replacement_never_creates,
                every_field_is_replaced,
                optional_fields_are_set_and_cleared,
                a_replacement_never_moves_the_deadline_back,
                a_replacement_never_moves_the_last_activity_back,
                a_replacement_judges_each_time_on_its_own,
                a_replacement_moves_the_deadline_forward,
                the_new_revision_is_the_one_given,
                a_revision_is_replaced_once,
                replacing_a_record_by_itself_is_a_replacement,
                a_replacement_touches_no_other_record,
                a_record_past_its_deadline_is_replaced_or_gone,
            }
            touch {
                a_touch_moves_both_times_forward,
                a_touch_never_moves_the_deadline_back,
                a_touch_never_moves_the_last_activity_back,
                a_touch_judges_each_time_on_its_own,
                a_touch_without_effect_finds_the_record,
                a_touch_may_move_by_a_microsecond,
                a_touch_may_move_to_the_end_of_the_calendar,
                an_unknown_record_cannot_be_touched,
                a_touch_never_creates,
                a_touch_keeps_the_revision,
                a_touch_keeps_everything_else,
                a_touch_touches_no_other_record,
            }
            delete {
                a_deleted_record_is_gone,
                deleting_an_unknown_record_is_no_error,
                deleting_twice_is_no_error,
                a_deleted_record_cannot_be_replaced,
                a_deleted_record_cannot_be_touched,
                an_id_is_free_after_a_deletion,
                a_deletion_touches_no_other_record,
            }
            expiry {
                a_record_expires_at_its_deadline,
                a_record_lives_until_its_deadline,
                the_boundary_is_exact_to_the_microsecond,
                the_oldest_go_first,
                the_oldest_of_many_go_first,
                a_batch_is_a_limit,
                a_batch_is_a_limit_for_equal_deadlines,
                the_count_is_exact,
                an_empty_store_has_nothing_expired,
                many_batches_remove_everything_expired,
                live_records_are_left_alone,
                a_touched_record_is_spared,
                a_replaced_record_is_spared,
                a_touched_record_goes_later,
                a_deleted_record_is_not_counted,
                the_largest_batch_is_valid,
                extreme_times_are_valid,
                removed_records_have_no_principal,
            }
            principals {
                a_stranger_has_no_sessions,
                all_sessions_are_listed,
                sessions_are_ordered_by_id,
                only_the_sessions_of_that_principal_are_listed,
                principals_are_compared_byte_for_byte,
                the_longest_principals_are_told_apart,
                a_summary_tells_what_the_record_says,
                a_summary_follows_a_replacement,
                a_summary_follows_a_touch,
                a_deleted_session_is_not_listed,
                a_session_gets_a_principal_by_replacement,
                a_session_loses_its_principal_by_replacement,
                a_session_moves_from_principal_to_principal,
                a_principal_may_come_back,
            }
            revocation {
                all_sessions_of_a_principal_are_deleted,
                the_excepted_session_is_spared,
                the_excepted_session_may_be_the_only_one,
                a_foreign_exception_spares_nothing,
                an_unknown_exception_spares_nothing,
                a_stranger_has_nothing_to_delete,
                deleting_all_twice_deletes_nothing_more,
                the_sessions_of_others_are_left_alone,
                only_that_very_principal_is_signed_out,
                a_session_that_changed_hands_is_deleted_with_its_new_owner,
                revoked_sessions_are_not_counted_as_expired,
            }
            concurrency {
                of_many_creators_of_one_id_one_succeeds,
                of_many_writers_of_one_revision_one_succeeds,
                writers_that_try_again_lose_nothing,
                a_write_never_resurrects,
                a_touch_never_resurrects,
                a_creation_beside_a_deletion_is_whole_or_absent,
                a_touch_beside_a_replacement_keeps_the_later_deadline,
                of_many_touches_the_latest_deadline_stays,
                readers_see_whole_records,
                several_sweepers_count_each_record_once,
                a_sweeper_beside_a_touch_decides_one_way,
                creations_beside_a_revocation_are_whole_or_absent,
                two_revocations_count_each_session_once,
                a_write_beside_a_revocation_never_resurrects,
                a_session_that_changes_hands_is_never_listed_torn,
                sessions_side_by_side_do_not_disturb_each_other,
            }
            cancellation {
                a_creation_cut_short_is_whole_or_absent,
                a_replacement_cut_short_is_whole_or_absent,
                a_touch_cut_short_is_whole_or_absent,
                a_deletion_cut_short_is_whole_or_absent,
                a_revocation_cut_short_is_whole_or_absent,
                a_sweep_cut_short_is_whole_or_absent,
                a_store_works_after_many_operations_cut_short,
            }
            session_writers {
                two_writers_of_different_keys_both_write,
                two_updates_of_one_key_both_count,
                of_two_inserts_of_one_key_the_later_stays,
                a_reader_does_not_disturb_a_writer,
            }
            session_endings {
                a_log_out_beside_a_writer_ends_the_session,
                a_log_out_beside_a_renewal_ends_the_session,
                a_log_out_beside_a_timed_renewal_ends_the_session,
                a_log_out_beside_a_touch_ends_the_session,
                two_log_outs_end_the_session,
            }
            session_renewals {
                a_renewal_beside_a_writer_keeps_its_cookie,
                of_two_renewals_one_cookie_stays,
                a_timed_renewal_beside_writers_loses_nothing,
                a_timed_renewal_beside_a_reader_loses_nothing,
            }
            session_deadlines {
                a_touch_beside_a_writer_agrees_with_the_cookie,
                two_touches_agree_with_the_cookie,
                a_slow_writer_of_an_extended_session_writes,
                expiry_during_a_writing_handler_discards,
                expiry_during_a_renewal_discards,
                expiry_during_a_reading_handler_extends_nothing,
            }
            session_owners {
                a_log_in_beside_a_writer_kills_the_old_token,
                a_log_out_beside_a_log_in_does_not_undo_it,
                another_principal_starts_empty,
                parallel_log_ins_end_the_oldest_beyond_the_limit,
                parallel_log_ins_are_refused_beyond_the_limit,
                a_principal_sees_their_live_sessions,
                a_revocation_beside_a_writer_ends_the_session,
                all_other_sessions_are_revoked,
                every_session_is_revoked,
            }
            session_parallel {
                a_hundred_updates_count_a_hundred,
                a_hundred_updates_of_a_distant_store_count_a_hundred,
                parallel_writes_of_different_keys_are_all_kept,
                a_log_out_among_writers_ends_the_session,
                of_many_renewals_one_cookie_is_sent,
                a_commit_cut_short_is_whole_or_absent,
            }
        }
    };
}
