//! Runs the example application until SIGTERM or Ctrl+C.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use server::configuration::{self, Profile};
use server::{Shop, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The shop cannot open: {error:#}.");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let profile = Profile::from_environment()?;
    telemetry::start(profile)?;
    let config = configuration::load(profile)?;
    let address = config.server.address();
    let shop = Shop::new(config).await?;
    tracing::info!(target: "shop", profile = profile.as_ref(), "{}", shop.session_policy());
    let stop = stop_signal()?;
    let shop = shop.open().await;
    let shop = shop.with_context(|| {
        format!("the server cannot listen at {address} (`server.ip`, `server.port`)")
    })?;
    writeln!(
        io::stdout(),
        "The shop is open at http://{}",
        shop.address()
    )?;
    stop.await;
    tracing::info!(target: "shop", "closing after the running requests");
    shop.close().await;
    tracing::info!(target: "shop", "closed");
    Ok(())
}

/// Completes at SIGTERM or Ctrl+C. The signals are caught from this call on, not from the first
/// poll.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Completes at Ctrl+C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { _ = tokio::signal::ctrl_c().await })
}
