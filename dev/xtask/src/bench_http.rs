//! `cargo xtask bench-http`: compares libraries for sessions on servers of their frameworks.

use xshell::cmd;

use crate::workspace::Workspace;

/// The member with the servers on Pavex, and with the measurement.
const SERVERS: &str = "http_bench";

/// The workspace with the servers on other frameworks. Its program has the same name.
pub(crate) const PEERS: &str = "dev/http_bench/peers/Cargo.toml";
const PEERS_PROGRAM: &str = "http_bench_peers";

/// The folder of the page with the results.
const PAGES: &str = "docs";

/// Compares all servers and writes the page, or prints the costs of the servers with these stores.
pub(crate) fn run(workspace: &Workspace, stores: &[String]) -> anyhow::Result<()> {
    let shell = workspace.shell();
    let target = workspace.target_directory()?;
    let peers_target = target.join("peers");
    cmd!(shell, "cargo build --release --locked --package {SERVERS}").run()?;
    cmd!(
        shell,
        "cargo build --release --locked --manifest-path {PEERS} --target-dir {peers_target}"
    )
    .run()?;
    let program = target.join("release").join(SERVERS);
    let peers = peers_target.join("release").join(PEERS_PROGRAM);
    if !stores.is_empty() {
        cmd!(shell, "{program} compare {peers} {stores...}").run()?;
        return Ok(());
    }
    cmd!(shell, "{program} run {peers} {PAGES}").run()?;
    println!("{PAGES}/benchmarks.md and {PAGES}/benchmarks.svg are up to date");
    Ok(())
}

/// The numbers of sessions of `bench-scale`.
const SIZES: [&str; 3] = ["100000", "1000000", "10000000"];

/// Measures the operations of stores with these numbers of sessions.
pub(crate) fn run_scale(workspace: &Workspace, sizes: &[String]) -> anyhow::Result<()> {
    let shell = workspace.shell();
    cmd!(shell, "cargo build --release --locked --package {SERVERS}").run()?;
    let program = workspace.target_directory()?.join("release").join(SERVERS);
    let sizes = match sizes.is_empty() {
        true => SIZES.map(str::to_owned).to_vec(),
        false => sizes.to_vec(),
    };
    cmd!(shell, "{program} scale {PAGES} {sizes...}").run()?;
    println!("{PAGES}/scale.md and {PAGES}/scale.svg are up to date");
    Ok(())
}
