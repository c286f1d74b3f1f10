use std::collections::HashSet;

use pavex::singleton;
use session::Principal;

use super::passwords::{has_common_cost, is_hash};
use super::users::{Users, UsersError};
use crate::configuration::{Account, UsersConfig};
use crate::database::Database;

/// The members of the configuration are refused, or cannot be inserted into the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// A password hash is not one.
    #[error(
        "users.accounts: the password_hash of `{name}` is not an argon2id hash in PHC format; \
         make one with the example `hash_password`"
    )]
    BadHash {
        /// The name of the account.
        name: String,
    },
    /// A hash has other parameters, so that verifying it takes a different time.
    #[error(
        "users.accounts: the password_hash of `{name}` has other parameters than the shop's, so the \
         time of a log-in would reveal the members; make it with the example `hash_password`"
    )]
    OtherCost {
        /// The name of the account.
        name: String,
    },
    /// Two accounts have the same name.
    #[error("users.accounts: two accounts have the name `{name}`; remove one")]
    DuplicateName {
        /// The name of both.
        name: String,
    },
    /// A name is one that not every database can store.
    #[error(
        "users.accounts: the name `{name}` is empty, has a NUL, or is too long; choose one of 1 to \
         {max} bytes without NUL",
        max = Principal::MAX_LEN
    )]
    BadName {
        /// The name of the account.
        name: String,
    },
    /// The database refuses the members.
    #[error("the members of the configuration cannot be inserted into the database")]
    Database(#[from] UsersError),
}

/// Returns the members in the database, after inserting those of the configuration that are
/// missing.
///
/// # Errors
///
/// Returns [`SeedError`] if an account of the configuration is not valid, or if the database fails.
#[singleton]
pub async fn seeded_users(database: &Database, config: &UsersConfig) -> Result<Users, SeedError> {
    let users = Users::new(database.clone());
    check(&config.accounts)?;
    for Account {
        name,
        password_hash: hash,
    } in &config.accounts
    {
        users.insert_if_missing(name, &hash.0).await?;
    }
    Ok(users)
}

fn check(accounts: &[Account]) -> Result<(), SeedError> {
    let mut names = HashSet::new();
    for account in accounts {
        let (name, hash) = (account.name.clone(), &account.password_hash.0);
        if Principal::new(name.as_str()).is_err() {
            return Err(SeedError::BadName { name });
        }
        if !is_hash(hash) {
            return Err(SeedError::BadHash { name });
        }
        if !has_common_cost(hash) {
            return Err(SeedError::OtherCost { name });
        }
        if !names.insert(&account.name) {
            return Err(SeedError::DuplicateName { name });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests;
