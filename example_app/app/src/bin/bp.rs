//! Passes the blueprint to pavexc, which generates the crate `server_sdk` in the given folder.
//!
//! The environment variable `PAVEX_PAVEXC` is the path of the compiler. If it is not set, `pavexc`
//! is searched for in `PATH`.

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
