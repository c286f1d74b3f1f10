//! The servers of other frameworks: axum with tower-sessions, and actix-web with actix-session.
//!
//! ```text
//! http_bench_peers <tower-sessions|actix-session> <cookie|memory|sqlite|postgres|redis> <url>
//! ```
//!
//! The program writes its address, and serves until its standard input ends.

mod actix;
mod settings;
mod tower;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};

/// Returns a value that no other request writes.
pub(crate) fn next_value() -> u64 {
    static VALUES: AtomicU64 = AtomicU64::new(2);
    VALUES.fetch_add(1, Ordering::Relaxed)
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, store, url] = &arguments[..] else {
        bail!("the arguments are a library, a store and a URL");
    };
    std::thread::spawn(|| {
        _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    match library.as_str() {
        "tower-sessions" => tower::serve(store, url).context("axum with tower-sessions"),
        "actix-session" => actix::serve(store, url).context("actix-web with actix-session"),
        _ => bail!("the library `{library}` is not here"),
    }
}
