use std::collections::HashSet;

use session::Principal;

use super::UsersError;
use super::passwords::{has_common_cost, is_hash};
use crate::configuration::{Account, UsersConfig};

/// The members of the configuration are refused, or cannot be put into the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// A hash is none.
    #[error("users.accounts: the password_hash of `{name}` is not an argon2id hash in PHC format")]
    BadHash {
        /// The name of the account.
        name: String,
    },
    /// A hash takes longer than the others, or not as long.
    #[error(
        "users.accounts: the password_hash of `{name}` has other parameters than the shop's, so the time of a \
         log-in would tell who is a member; make it with the example `hash_password`"
    )]
    OtherCost {
        /// The name of the account.
        name: String,
    },
    /// Two accounts have one name.
    #[error("users.accounts: there are two accounts called `{name}`")]
    DuplicateName {
        /// The name of both.
        name: String,
    },
    /// A name that not every database could keep.
    #[error("users.accounts: a name has 1 to {max} bytes and no NUL, and `{name}` has not", max = Principal::MAX_LEN)]
    BadName {
        /// The name of the account.
        name: String,
    },
    /// The database refuses them.
    #[error("the members of the configuration cannot be put into the database")]
    Database(#[from] UsersError),
}

/// The accounts of the configuration, if they are in order.
pub(super) fn seeds(config: &UsersConfig) -> Result<&[Account], SeedError> {
    let mut names = HashSet::new();
    for Account {
        name,
        password_hash,
    } in &config.accounts
    {
        let (name, hash) = (name.clone(), &password_hash.0);
        if Principal::new(name.as_str()).is_err() {
            return Err(SeedError::BadName { name });
        }
        if !is_hash(hash) {
            return Err(SeedError::BadHash { name });
        }
        if !has_common_cost(hash) {
            return Err(SeedError::OtherCost { name });
        }
        if !names.insert(name.clone()) {
            return Err(SeedError::DuplicateName { name });
        }
    }
    Ok(&config.accounts)
}
