//! Hands the blueprint to pavexc, which writes the crate `server_sdk` into the folder that is the argument.
//!
//! The environment variable `PAVEX_PAVEXC` names the compiler; without it, `pavexc` is looked up in `PATH`.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use pavexc_cli_client::Client;
use pavexc_cli_client::commands::generate::BlueprintArgument;

fn main() -> Result<(), Box<dyn Error>> {
    let server_sdk = env::args_os().nth(1).map(PathBuf::from);
    let server_sdk = server_sdk.ok_or("usage: bp <the folder of the crate server_sdk>")?;
    let pavexc = env::var_os("PAVEX_PAVEXC").unwrap_or("pavexc".into());
    Client::new()
        .pavexc_cli_path(pavexc.into())
        .generate(BlueprintArgument::InMemory(app::blueprint()), server_sdk)
        .execute()?;
    Ok(())
}
