//! Stores that create, replace, touch or delete otherwise than promised.

use crate::touches::*;
use crate::writes::*;

broken_stores! {
    create_overwrites: CreateOverwrites => [
        a_refused_creation_changes_nothing,
        an_expired_record_still_has_its_id,
        the_id_of_a_live_record_is_refused,
        the_same_record_is_refused_the_second_time,
    ];

    create_keeps_silently: CreateKeepsSilently => [
        a_record_long_past_its_deadline_is_never_mixed_up,
        an_expired_record_still_has_its_id,
        the_id_of_a_live_record_is_refused,
        the_same_record_is_refused_the_second_time,
    ];

    create_overwrites_but_says_duplicate: CreateOverwritesButSaysDuplicate => [
        a_record_long_past_its_deadline_is_never_mixed_up,
        a_refused_creation_changes_nothing,
        an_expired_record_still_has_its_id,
    ];

    create_overwrites_expired: CreateOverwritesExpired => [an_expired_record_still_has_its_id];

    create_starts_at_revision_one: CreateStartsAtRevisionOne => [
        a_conflict_changes_nothing,
        a_newer_revision_is_a_conflict,
        a_touch_keeps_everything_else,
        large_revisions_are_kept,
        the_first_revision_is_the_one_given,
    ];

    create_is_racy: CreateIsRacy => [of_many_creators_of_one_id_one_succeeds];

    create_is_torn: CreateIsTorn => [a_creation_cut_short_is_whole_or_absent];

    replace_ignores_revision: ReplaceIgnoresRevision => [
        a_conflict_changes_nothing,
        a_newer_revision_is_a_conflict,
        a_revision_is_replaced_once,
        an_older_revision_is_a_conflict,
    ];

    replace_accepts_older_revision: ReplaceAcceptsOlderRevision => [
        a_conflict_changes_nothing,
        an_older_revision_is_a_conflict,
    ];

    replace_creates: ReplaceCreates => [
        a_deleted_record_cannot_be_replaced,
        a_replacement_never_creates,
        an_unknown_record_is_gone,
    ];

    replace_says_gone_for_conflict: ReplaceSaysGoneForConflict => [
        a_newer_revision_is_a_conflict,
        a_revision_is_replaced_once,
        an_older_revision_is_a_conflict,
    ];

    replace_says_conflict_for_gone: ReplaceSaysConflictForGone => [
        a_deleted_record_cannot_be_replaced,
        an_unknown_record_is_gone,
    ];

    replace_extends_even_in_conflict: ReplaceExtendsEvenInConflict => [a_conflict_changes_nothing];

    replace_moves_deadline_back: ReplaceMovesDeadlineBack => [
        a_replacement_judges_each_time_on_its_own,
        a_replacement_never_moves_the_deadline_back,
    ];

    replace_moves_activity_back: ReplaceMovesActivityBack => [
        a_replacement_judges_each_time_on_its_own,
        a_replacement_never_moves_the_last_activity_back,
    ];

    replace_never_moves_deadline: ReplaceNeverMovesDeadline => [
        a_record_past_its_deadline_is_replaced_or_gone,
        a_replaced_record_is_spared,
        a_replacement_judges_each_time_on_its_own,
        a_replacement_moves_the_deadline_forward,
        a_summary_follows_a_replacement,
        every_field_is_replaced,
    ];

    replace_takes_times_together: ReplaceTakesTimesTogether => [
        a_replacement_judges_each_time_on_its_own,
        a_replacement_never_moves_the_last_activity_back,
    ];

    replace_keeps_principal: ReplaceKeepsPrincipal => [
        a_session_gets_a_principal_by_replacement,
        a_session_loses_its_principal_by_replacement,
        a_session_moves_from_principal_to_principal,
        a_session_that_changed_hands_is_deleted_with_its_new_owner,
        every_field_is_replaced,
        optional_fields_are_set_and_cleared,
    ];

    replace_never_clears: ReplaceNeverClears => [optional_fields_are_set_and_cleared];

    replace_keeps_creation_time: ReplaceKeepsCreationTime => [
        a_summary_follows_a_replacement,
        every_field_is_replaced,
        optional_fields_are_set_and_cleared,
    ];

    replace_counts_by_itself: ReplaceCountsByItself => [
        replacing_a_record_by_itself_is_a_replacement,
        the_new_revision_is_the_one_given,
    ];

    replace_counts_changed_rows_only: ReplaceCountsChangedRowsOnly => [replacing_a_record_by_itself_is_a_replacement];

    replace_is_racy: ReplaceIsRacy => [
        of_many_writers_of_one_revision_one_succeeds,
        a_write_never_resurrects,
        writers_that_try_again_lose_nothing,
        a_hundred_updates_count_a_hundred,
    ] and more;

    replace_is_torn: ReplaceIsTorn => [a_replacement_cut_short_is_whole_or_absent];

    touch_moves_back: TouchMovesBack => [
        a_touch_judges_each_time_on_its_own,
        a_touch_never_moves_the_deadline_back,
        a_touch_without_effect_finds_the_record,
    ];

    touch_moves_activity_back: TouchMovesActivityBack => [
        a_touch_judges_each_time_on_its_own,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_finds_the_record,
    ];

    touch_forgets_activity: TouchForgetsActivity => [
        a_replacement_never_moves_the_last_activity_back,
        a_summary_follows_a_touch,
        a_touch_judges_each_time_on_its_own,
        a_touch_keeps_everything_else,
        a_touch_keeps_the_revision,
        a_touch_may_move_by_a_microsecond,
        a_touch_moves_both_times_forward,
    ];

    touch_bumps_revision: TouchBumpsRevision => [
        a_replacement_never_moves_the_deadline_back,
        a_replacement_never_moves_the_last_activity_back,
        a_touch_judges_each_time_on_its_own,
        a_touch_keeps_everything_else,
        a_touch_keeps_the_revision,
        a_touch_may_move_by_a_microsecond,
        a_touch_may_move_to_the_end_of_the_calendar,
        a_touch_moves_both_times_forward,
        a_touch_never_moves_the_deadline_back,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_finds_the_record,
        a_touched_record_is_spared,
    ];

    touch_needs_an_effect: TouchNeedsAnEffect => [
        a_touch_never_moves_the_deadline_back,
        a_touch_never_moves_the_last_activity_back,
        a_touch_without_effect_finds_the_record,
    ];

    touch_says_touched: TouchSaysTouched => [
        a_deleted_record_cannot_be_touched,
        an_unknown_record_cannot_be_touched,
    ];

    touch_creates: TouchCreates => [
        a_deleted_record_cannot_be_touched,
        a_touch_never_creates,
        an_unknown_record_cannot_be_touched,
    ];

    touch_is_racy: TouchIsRacy => [a_touch_never_resurrects];

    delete_needs_a_record: DeleteNeedsARecord => [
        deleting_an_unknown_record_is_no_error,
        deleting_twice_is_no_error,
    ];

    delete_does_nothing: DeleteDoesNothing => [
        a_deleted_record_cannot_be_replaced,
        a_deleted_record_cannot_be_touched,
        a_deleted_record_is_gone,
        a_deleted_record_is_not_counted,
        a_deleted_session_is_not_listed,
        a_principal_may_come_back,
        an_id_is_free_after_a_deletion,
        deleting_twice_is_no_error,
    ];

    delete_leaves_a_tombstone: DeleteLeavesATombstone => [an_id_is_free_after_a_deletion];
}
