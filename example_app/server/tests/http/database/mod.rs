//! The shop on each database.

mod facts;

mod outage;

/// Generates a module with one test for each fact. `$run` provides the URL of an empty database.
macro_rules! tests_on {
    ($module:ident, $run:path) => {
        tests_on!(
            @ $module, $run,
            a_session_lasts_from_the_first_item_to_the_log_out
            a_member_can_log_out_each_device
            one_of_two_parallel_sign_ups_gets_the_name
            sessions_and_members_survive_a_restart
            parallel_additions_to_the_cart_are_all_kept
            a_log_out_on_one_server_holds_on_another
            no_log_in_with_the_old_password_survives_its_change
            of_two_changes_with_the_same_old_password_only_the_first_takes_effect
            an_unknown_name_of_any_bytes_is_refused
            the_log_at_level_trace_has_no_secret_and_no_state
            servers_that_start_at_the_same_time_share_the_tables
        );
    };
    (@ $module:ident, $run:path, $($fact:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    $run(super::facts::$fact).await;
                }
            )*
        }
    };
}

tests_on!(on_sqlite, crate::support::test_on_sqlite);

tests_on!(on_postgres, crate::support::test_on_postgres);

tests_on!(on_mysql, crate::support::test_on_mysql);

tests_on!(on_redis, crate::support::test_on_redis);
