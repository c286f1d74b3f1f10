//! The shop on each database.

mod facts;

mod outage;

/// The tests of a database, one for each fact: those that hold on all, and more.
macro_rules! tests_on {
    ($module:ident, $run:path) => {
        tests_on!(
            @ $module, $run,
            a_session_lives_from_the_first_visit_to_the_log_out
            a_member_rules_over_all_devices
            of_two_who_want_one_name_at_once_one_gets_it
            sessions_and_members_survive_a_restart
            of_parallel_additions_to_the_cart_none_is_lost
            a_log_out_at_one_server_is_seen_by_another
            a_name_that_is_no_members_is_refused_whatever_its_bytes
            the_whole_log_of_a_life_has_no_secret_and_no_state
            servers_that_start_at_once_share_the_tables
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
