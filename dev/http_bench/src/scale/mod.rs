//! The time that each operation takes in stores with more and more sessions.

mod fill;
mod measured;
mod operations;
mod page;
mod records;
mod stores;

use std::fs;
use std::path::Path;

use anyhow::ensure;

use measured::Measured;
use stores::{Filled, Kind};

/// The least growth, with enough expired sessions for the sweeper.
const LEAST: u64 = 100_000;

/// Fills each store with more and more sessions, and writes `scale.md` and `scale.svg` into a
/// folder.
pub(crate) fn run(folder: &Path, sizes: &[u64]) -> anyhow::Result<()> {
    let before = std::iter::once(&0).chain(sizes);
    ensure!(
        !sizes.is_empty()
            && before
                .zip(sizes)
                .all(|(before, size)| *size >= before.saturating_add(LEAST)),
        "each number of sessions must be {LEAST} more than the one before it, or larger"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut measured = vec![];
    for kind in Kind::ALL {
        let mut filled = runtime.block_on(Filled::open(kind))?;
        for sessions in sizes.iter().copied() {
            eprintln!("{} with {sessions} sessions", kind.name());
            runtime.block_on(filled.fill_up_to(sessions))?;
            if sessions == sizes[0] {
                // So that the first size is not the one with the cold caches and connections.
                runtime.block_on(operations::measure(&mut filled))?;
            }
            let times = runtime.block_on(operations::measure(&mut filled))?;
            measured.push(Measured {
                store: kind,
                sessions,
                times,
            });
        }
    }
    let page = page::page(&measured)?;
    println!("{page}");
    fs::write(folder.join("scale.md"), page)?;
    fs::write(folder.join("scale.svg"), page::picture(&measured))?;
    Ok(())
}
