//! The servers on Pavex.
//!
//! The functions in [`app`] do what the code does that pavexc generates for such routes. Requests
//! are told apart by their path, without a router: all contestants are compared with their own
//! route outside the sessions, so it makes no difference.

mod app;
mod settings;

mod by_hand;
mod ours;
mod theirs;

use anyhow::bail;

/// Serves the routes of a contestant until the standard input ends, with the process that has
/// started this one.
pub(crate) fn serve(library: &str, store: &str, url: &str) -> anyhow::Result<()> {
    std::thread::spawn(|| {
        _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match (library, store) {
            ("session_kit", _) => app::serve(ours::App::new(store, url).await?).await,
            ("pavex_session", _) => app::serve(theirs::App::new(store, url).await?).await,
            ("by hand", _) => by_hand::serve(store, url).await,
            ("by hand, plain cookie", _) => by_hand::serve_plain(store, url).await,
            _ => bail!("there is no server with {library} and {store}"),
        }
    })
}
