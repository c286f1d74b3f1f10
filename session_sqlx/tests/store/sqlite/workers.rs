use session::store::SessionStorageBackend;
use session_conformance::{RecordBuilder, id};
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

/// They close at about the same time as those of the main runtime. The rounds make it likely that
/// an error shows.
#[test]
fn the_file_is_complete_after_the_end_of_the_workers_and_of_the_store() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.db");
        let main = workers::worker();
        let store = main.block_on(SqliteSessionStore::open(&file)).unwrap();
        for n in 0..4 {
            workers::worker().block_on(async {
                let record = RecordBuilder::new(n).build();
                _ = store.create(&record).await.unwrap();
                _ = store.load(id(n)).await.unwrap();
            });
        }
        main.block_on(store.close());
        assert!(!folder.path().join("app.db-wal").exists());
    }
}
