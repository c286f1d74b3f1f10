//! Stores that return other values than they were given.

use crate::values::*;

broken_stores! {
    a_store_that_cuts_times_to_milliseconds: Stores<Milliseconds> => [
        times_are_kept_to_the_microsecond,
        a_record_lives_until_its_deadline,
        the_boundary_is_exact_to_the_microsecond,
        a_touch_may_move_by_a_microsecond,
        a_replacement_moves_the_deadline_forward,
    ] and more;

    a_store_that_cuts_times_to_seconds: Stores<Seconds> => [
        times_are_kept_to_the_microsecond,
        a_record_lives_until_its_deadline,
        the_boundary_is_exact_to_the_microsecond,
        a_touch_may_move_by_a_microsecond,
        a_replacement_moves_the_deadline_forward,
    ] and more;

    a_store_that_counts_nanoseconds_in_64_bits: Stores<NanosecondsIn64Bits> => [
        a_touch_may_move_to_the_end_of_the_calendar,
        extreme_times_are_valid,
        the_end_of_the_calendar_is_a_valid_time,
    ];

    a_store_that_observes_daylight_saving: Stores<DaylightSaving> => [times_depend_on_no_time_zone];

    a_store_that_normalises_json: Stores<NormalisesJson> => [
        escape_sequences_are_kept,
        keys_are_kept_in_order,
        numbers_are_kept_as_written,
        unicode_is_not_normalised,
        whitespace_is_kept,
    ];

    a_store_that_trims_the_state: Stores<TrimsTheState> => [whitespace_is_kept];

    a_store_that_refuses_escaped_nul: Stores<RefusesEscapedNul> => [escape_sequences_are_kept];

    a_store_that_cuts_the_state_at_64_kibibytes: Stores<CutsTheStateAt64Kibibytes> => [
        a_state_may_grow_and_shrink,
        a_state_of_256_kibibytes_is_kept,
        states_of_all_sizes_are_kept,
    ];

    a_store_that_knows_only_the_basic_plane: Stores<KnowsOnlyTheBasicPlane> => [characters_of_all_planes_are_kept];

    a_store_that_cuts_the_label: Stores<CutsTheLabel> => [the_longest_labels_are_kept];

    a_store_that_takes_an_empty_label_for_none: Stores<EmptyLabelIsNone> => [
        a_summary_tells_what_the_record_says,
        an_empty_label_is_not_a_missing_one,
    ];

    a_store_that_drops_the_previous_secret: Stores<DropsThePreviousSecret> => [
        a_complete_record_can_be_created,
        each_optional_field_may_stand_alone,
        previous_secrets_may_have_any_bytes,
        optional_fields_are_set_and_cleared,
        a_timed_renewal_beside_writers_loses_nothing,
    ] and more;

    a_store_that_drops_the_authentication_time: Stores<DropsTheAuthenticationTime> => [
        a_complete_record_can_be_created,
        each_optional_field_may_stand_alone,
        optional_fields_are_set_and_cleared,
    ] and more;

    a_store_that_invents_an_authentication_time: Stores<InventsAnAuthenticationTime> => [
        a_minimal_record_can_be_created,
        each_optional_field_may_be_missing_alone,
        optional_fields_are_set_and_cleared,
    ] and more;

    a_store_that_cuts_zeros_off_the_secret: Stores<CutsZerosOffTheSecret> => [
        each_of_many_records_is_found,
        secrets_may_have_any_bytes,
        states_of_all_sizes_are_kept,
    ];

    a_store_that_counts_revisions_in_32_bits: Stores<RevisionsIn32Bits> => [
        large_revisions_are_kept,
        the_new_revision_is_the_one_given,
    ];

    load_hides_labels: LoadHidesLabels => [
        a_complete_record_can_be_created,
        each_optional_field_may_stand_alone,
        the_longest_labels_are_kept,
        labels_are_kept_to_the_byte,
    ] and more;

    load_extends: LoadExtends => [loading_changes_nothing] and more;

    load_confuses_ids: LoadConfusesIds => [ids_that_differ_in_one_bit_are_different];
}
