//! Clients drop half of their requests after 0 to 20 ms: sessions stay consistent, and the others are served.

use std::time::Duration;

use crate::alone::alone;
use crate::ledger::check_all;
use crate::load::{Load, Outcome, summary};
use crate::site::{all_are_served, app, durable, store_at};

const CLIENTS: usize = 16;
const TURNS: u32 = 5;
const TURN: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_others_are_still_served_and_sessions_stay_consistent() {
    let _alone = alone().await;
    let server = durable();
    let app = app(store_at(&server.url()).await);
    let load = Load::start(&app, CLIENTS);
    for _ in 0..TURNS {
        load.hang_up(true);
        tokio::time::sleep(TURN).await;
        all_are_served(&load, TURN * 20).await;
        load.hang_up(false);
        all_are_served(&load, TURN * 20).await;
    }
    let (entries, answers) = load.finish().await;
    eprintln!("{}", summary(&answers));
    let dropped = answers.iter().filter(|it| it.outcome == Outcome::Dropped);
    assert!(dropped.count() > 100, "too few hung up");
    let failed = answers
        .iter()
        .find(|it| matches!(it.outcome, Outcome::Failed(_)));
    assert!(failed.is_none(), "{failed:?}");
    check_all(&app, &entries).await;
}
