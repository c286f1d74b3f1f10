use session_sqlx::sqlite::SqliteSessionStore;

use crate::workers;

#[test]
fn a_worker_that_computes_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let main = workers::worker();
    let store = main.block_on(SqliteSessionStore::open(folder.path().join("app.db")));
    let store = store.unwrap();
    workers::are_independent(store.clone());
    main.block_on(store.close());
}
