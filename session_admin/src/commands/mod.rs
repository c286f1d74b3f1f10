//! The commands. Each prints its result.

mod check;
mod clock;
mod list;
mod migrate;
mod revoke;
mod show;
mod stats;
mod summary;
mod sweep;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::store::Store;
use crate::warnings::Warnings;

pub(crate) async fn run(arguments: &Arguments, warnings: &Warnings) -> Result<(), Failure> {
    let (options, json) = (&arguments.store, arguments.json);
    match &arguments.command {
        Command::Migrate => migrate::migrate(options, json).await,
        Command::Check => check::check(options, json, warnings).await,
        command => {
            let store = Store::open(options).await?;
            let outcome = run_on(&store, command, json).await;
            store.close().await;
            outcome
        }
    }
}

async fn run_on(store: &Store, command: &Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Migrate | Command::Check => Ok(()),
        Command::List { principal } => list::list(store, principal, json).await,
        Command::Show { id } => show::show(store, *id, json).await,
        Command::Revoke { id } => revoke::one(store, *id, json).await,
        Command::RevokeAll {
            principal,
            confirmation,
        } => revoke::all(store, principal, confirmation.yes, json).await,
        Command::RevokeEverything {
            before,
            confirmation,
        } => revoke::everything(store, *before, confirmation.yes, json).await,
        Command::Stats => stats::stats(store, json).await,
        Command::Sweep => sweep::sweep(store, json).await,
    }
}
