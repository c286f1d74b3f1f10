use super::server::{configured, drop_table};
use crate::workers;

#[test]
fn a_worker_that_computes_does_not_stop_the_others() {
    let main = workers::worker();
    let store = main.block_on(configured());
    let table = store.table().clone();
    workers::are_independent(store);
    main.block_on(drop_table(table));
}
