//! Reads a password from standard input and prints its argon2id hash for `users.accounts` in the
//! configuration: `cargo run -p app --example hash_password`.

#![allow(
    clippy::print_stdout,
    reason = "the output is the purpose of the program"
)]

use std::error::Error;
use std::io;

use app::members::hash_password;

fn main() -> Result<(), Box<dyn Error>> {
    let mut password = String::new();
    io::stdin().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    println!("{}", hash_password(password)?);
    Ok(())
}
