//! Servers with sessions of several libraries, and a measurement of what a request costs each.
//!
//! ```text
//! http_bench run <program of the peers> <folder of the page>
//! http_bench compare <program of the peers> <stores>
//! http_bench scale <folder of the page> <numbers of sessions>
//! http_bench serve <library> <store> <url>
//! ```
//!
//! `cargo xtask bench-http` builds the programs and calls the first form. That starts a server for
//! each contestant by the last form, or by the program of the peers. `cargo xtask bench-scale`
//! calls the third form. The second form prints the costs with some of the stores,
//! and writes nothing.

#![allow(clippy::print_stdout, reason = "this is a command line program")]

mod chart;
mod machine;
mod template;

mod contestants;
mod measurement;

mod servers;

mod run;

mod report;

mod scale;

use std::fs;
use std::path::Path;

use anyhow::bail;

use contestants::Contestant;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["run", peers, folder] => run(Path::new(peers), Path::new(folder)),
        ["compare", peers, ref stores @ ..] => compare(Path::new(peers), stores),
        ["scale", folder, ref sizes @ ..] => {
            let sizes = sizes.iter().map(|size| Ok(size.parse()?));
            let sizes: Vec<u64> = sizes.collect::<anyhow::Result<_>>()?;
            scale::run(Path::new(folder), &sizes)
        }
        ["serve", library, store, url] => servers::serve(library, store, url),
        _ => bail!(
            "the arguments are `run PEERS FOLDER`, `compare PEERS STORES`, `scale FOLDER SIZES` or \
             `serve LIBRARY STORE URL`"
        ),
    }
}

/// Measures the contestants with these stores, and prints their costs.
fn compare(peers: &Path, stores: &[&str]) -> anyhow::Result<()> {
    let mut contestants = Contestant::all();
    contestants.retain(|it| stores.contains(&it.store.name()));
    println!("{}", report::costs(&run::compare(peers, &contestants)?));
    Ok(())
}

/// Measures all contestants, and writes `benchmarks.md` and `benchmarks.svg` into a folder.
fn run(peers: &Path, folder: &Path) -> anyhow::Result<()> {
    let results = run::run(peers)?;
    let page = report::page(&results)?;
    println!("{page}");
    fs::write(folder.join("benchmarks.md"), page)?;
    fs::write(
        folder.join("benchmarks.svg"),
        report::chart(&results.measurement),
    )?;
    Ok(())
}
