//! The rules that fail for faults with the origin of a session.

use crate::origins::*;
use crate::proof::broken_stores;

broken_stores! {
    a_store_whose_origin_revocation_does_nothing_is_caught: OriginRevocationDoesNothing => [
        an_origin_is_independent_of_the_principal,
        an_origin_survives_replacements_and_touches,
        origins_are_kept_byte_for_byte,
        revoking_an_origin_again_deletes_only_new_sessions,
        revoking_an_origin_deletes_all_its_sessions,
        revoking_an_origin_does_not_count_deleted_sessions,
        revoking_an_origin_leaves_other_sessions_unchanged,
        revoking_compares_all_bytes_of_an_origin,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_whose_origin_revocation_hides_the_count_is_caught: OriginRevocationHidesTheCount => [
        an_origin_is_independent_of_the_principal,
        an_origin_survives_replacements_and_touches,
        origins_are_kept_byte_for_byte,
        revoking_an_origin_again_deletes_only_new_sessions,
        revoking_an_origin_deletes_all_its_sessions,
        revoking_an_origin_does_not_count_deleted_sessions,
        revoking_an_origin_leaves_other_sessions_unchanged,
        revoking_compares_all_bytes_of_an_origin,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_whose_origin_revocation_counts_the_index_is_caught: OriginRevocationCountsTheIndex => [
        revoking_an_origin_does_not_count_deleted_sessions,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_that_revokes_past_origins_is_caught: Ends<PastOrigins> => [
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_that_revokes_first_origins_is_caught: Ends<FirstOrigins> => [
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_that_revokes_no_replaced_session_is_caught: Ends<UnlessReplaced> => [
        an_origin_is_independent_of_the_principal,
        an_origin_survives_replacements_and_touches,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_that_revokes_no_touched_session_is_caught: Ends<UnlessTouched> => [
        an_origin_survives_replacements_and_touches,
    ];

    a_store_that_compares_the_first_bytes_of_origins_is_caught: Ends<FirstBytes> => [
        revoking_compares_all_bytes_of_an_origin,
    ];

    a_store_that_loses_the_origin_with_the_principal_is_caught: Ends<OfFirstPrincipals> => [
        an_origin_is_independent_of_the_principal,
    ];

    a_store_that_revokes_only_origins_of_principals_is_caught: Ends<OfPrincipalsOnly> => [
        origins_are_kept_byte_for_byte,
        revoking_an_origin_deletes_all_its_sessions,
    ];

    a_store_that_revokes_all_of_the_principal_is_caught: Ends<AllOfThePrincipal> => [
        revoking_an_origin_leaves_other_sessions_unchanged,
        revoking_compares_all_bytes_of_an_origin,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_that_revokes_sessions_without_an_origin_is_caught: Ends<WithoutOriginIfUnknown> => [
        revoking_an_unknown_origin_deletes_nothing,
    ];

    a_store_whose_creation_forgets_the_origin_is_caught: CreateForgetsTheOrigin => [
        origins_are_kept_byte_for_byte,
    ] and more;

    a_store_whose_replacement_forgets_the_origin_is_caught: ReplaceForgetsTheOrigin => [
        a_replacement_sets_and_clears_optional_fields,
        a_replacement_writes_every_field,
        revoking_uses_the_origin_set_by_a_replacement,
    ];

    a_store_whose_load_hides_origins_is_caught: LoadHidesOrigins => [
        origins_are_kept_byte_for_byte,
    ] and more;

    a_store_whose_origin_revocation_is_one_by_one_is_caught: OriginRevocationIsOneByOne => [
        a_cancelled_revocation_of_an_origin_removes_all_or_nothing,
        parallel_revocations_of_an_origin_count_each_session_once,
    ] and more;

    a_store_whose_origin_revocation_counts_before_is_caught: OriginRevocationCountsBefore => [
        creations_beside_a_revocation_of_their_origin_are_whole_or_absent,
    ] and more;

    a_store_whose_origin_revocation_skips_locked_records_is_caught: OriginRevocationSkipsLockedRecords => [
        a_revocation_of_an_origin_ends_a_session_that_is_written_all_the_time,
    ];
}
