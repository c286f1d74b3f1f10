//! The rules that fail for faults that change values.

use crate::proof::broken_stores;
use crate::values::*;

broken_stores! {
    a_store_that_cuts_times_to_milliseconds_is_caught: Stores<Milliseconds> => [
        times_are_kept_to_the_microsecond,
        a_sweep_spares_a_record_before_its_deadline,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_touch_moves_times_by_a_microsecond,
        a_replacement_moves_the_deadline_forward,
    ] and more;

    a_store_that_cuts_times_to_seconds_is_caught: Stores<Seconds> => [
        times_are_kept_to_the_microsecond,
        a_sweep_spares_a_record_before_its_deadline,
        a_sweep_compares_deadlines_to_the_microsecond,
        a_touch_moves_times_by_a_microsecond,
        a_replacement_moves_the_deadline_forward,
    ] and more;

    a_store_that_counts_nanoseconds_in_64_bits_is_caught: Stores<NanosecondsIn64Bits> => [
        a_cutoff_accepts_extreme_times,
        a_touch_moves_the_deadline_to_the_end_of_the_calendar,
        a_sweep_accepts_extreme_times,
        times_at_the_end_of_the_calendar_are_kept,
    ];

    a_store_that_observes_daylight_saving_is_caught: Stores<DaylightSaving> => [times_do_not_depend_on_a_time_zone];

    a_store_that_normalises_json_is_caught: Stores<NormalisesJson> => [
        escape_sequences_are_kept,
        keys_of_a_state_keep_their_order,
        numbers_are_kept_as_written,
        unicode_is_not_normalised,
        whitespace_in_a_state_is_kept,
    ];

    a_store_that_trims_the_state_is_caught: Stores<TrimsTheState> => [whitespace_in_a_state_is_kept];

    a_store_that_refuses_escaped_nul_is_caught: Stores<RefusesEscapedNul> => [escape_sequences_are_kept];

    a_store_that_cuts_the_state_at_64_kibibytes_is_caught: Stores<CutsTheStateAt64Kibibytes> => [
        a_state_that_grows_and_shrinks_is_kept,
        a_state_of_256_kibibytes_is_kept,
        states_of_all_sizes_are_kept,
    ];

    a_store_that_knows_only_the_basic_plane_is_caught: Stores<KnowsOnlyTheBasicPlane> => [characters_of_all_unicode_planes_are_kept];

    a_store_that_cuts_the_label_is_caught: Stores<CutsTheLabel> => [labels_of_maximum_length_are_kept];

    a_store_that_takes_an_empty_label_for_none_is_caught: Stores<EmptyLabelIsNone> => [
        a_summary_has_the_values_of_its_record,
        an_empty_label_differs_from_no_label,
    ];

    a_store_that_drops_the_previous_secret_is_caught: Stores<DropsThePreviousSecret> => [
        a_record_with_all_fields_is_stored_unchanged,
        each_optional_field_is_stored_on_its_own,
        previous_secrets_are_kept_byte_for_byte,
        a_replacement_sets_and_clears_optional_fields,
        a_timed_renewal_beside_writers_loses_no_write,
        parallel_log_ins_of_one_browser_leave_one_session,
    ] and more;

    a_store_that_drops_the_authentication_time_is_caught: Stores<DropsTheAuthenticationTime> => [
        a_record_with_all_fields_is_stored_unchanged,
        each_optional_field_is_stored_on_its_own,
        a_replacement_sets_and_clears_optional_fields,
    ] and more;

    a_store_that_invents_an_authentication_time_is_caught: Stores<InventsAnAuthenticationTime> => [
        a_record_without_optional_fields_is_stored_unchanged,
        each_optional_field_may_be_absent,
        a_replacement_sets_and_clears_optional_fields,
    ] and more;

    a_store_that_cuts_zeros_off_the_secret_is_caught: Stores<CutsZerosOffTheSecret> => [
        each_of_many_records_is_loaded_by_its_id,
        stamps_are_kept_byte_for_byte,
        secrets_are_kept_byte_for_byte,
        states_of_all_sizes_are_kept,
        origins_are_kept_byte_for_byte,
    ];

    a_store_that_counts_revisions_in_32_bits_is_caught: Stores<RevisionsIn32Bits> => [
        large_revisions_are_kept,
        a_replaced_record_has_the_given_revision,
    ];

    a_store_whose_creation_forgets_the_lifetime_is_caught: CreateForgetsTheLifetime => [
        lifetimes_are_kept,
        a_record_with_all_fields_is_stored_unchanged,
    ] and more;

    a_store_whose_replacement_forgets_the_lifetime_is_caught: ReplaceForgetsTheLifetime => [
        lifetimes_are_kept,
        a_replacement_writes_every_field,
        a_replacement_sets_and_clears_optional_fields,
    ];

    a_store_whose_load_hides_stamps_is_caught: LoadHidesStamps => [
        each_optional_field_is_stored_on_its_own,
        stamps_are_kept_byte_for_byte,
    ] and more;

    a_store_whose_load_hides_stamps_that_end_in_zero_is_caught: LoadHidesStampsThatEndInZero => [
        stamps_are_kept_byte_for_byte,
    ];

    a_store_whose_load_hides_labels_is_caught: LoadHidesLabels => [
        a_record_with_all_fields_is_stored_unchanged,
        each_optional_field_is_stored_on_its_own,
        labels_of_maximum_length_are_kept,
        labels_are_kept_byte_for_byte,
    ] and more;

    a_store_whose_load_extends_is_caught: LoadExtends => [loading_changes_no_field] and more;

    a_store_whose_load_confuses_ids_is_caught: LoadConfusesIds => [ids_that_differ_in_one_bit_are_distinct];
}
