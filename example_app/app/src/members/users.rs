use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordVerifier};
use pavex::methods;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use crate::configuration::{Account, UsersConfig};

/// All members, with the hashes of their passwords.
#[derive(Clone)]
pub struct Users(Arc<Inner>);

struct Inner {
    hashes: HashMap<String, PasswordHash>,
    /// One of the hashes, for the visitor whose name has none: it costs the same time, and never fits.
    stand_in: Option<PasswordHash>,
    /// A verification takes a processor and 19 MiB: more at once than there are processors help nobody.
    turns: Semaphore,
}

/// The section `users` of the configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersError {
    /// A hash is none.
    #[error("users.accounts: the password_hash of `{name}` is not an argon2id hash in PHC format")]
    BadHash {
        /// The name of the account.
        name: String,
    },
    /// Two accounts have one name.
    #[error("users.accounts: there are two accounts called `{name}`")]
    DuplicateName {
        /// The name of both.
        name: String,
    },
    /// A hash takes longer than the others.
    #[error(
        "users.accounts: the password_hash of `{name}` has other parameters than the first one, so the \
         time of a log-in would tell who is a member; hash all passwords with the same parameters"
    )]
    UnequalParameters {
        /// The name of the account.
        name: String,
    },
}

#[methods]
impl Users {
    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// If a hash is none, or takes longer than the others, or a name occurs twice.
    #[singleton]
    pub fn new(config: &UsersConfig) -> Result<Self, UsersError> {
        let mut stand_in: Option<PasswordHash> = None;
        let mut hashes = HashMap::new();
        for account in &config.accounts {
            let name = account.name.clone();
            let hash = parse(account)?;
            let first = stand_in.get_or_insert_with(|| hash.clone());
            if (hash.version, &hash.params) != (first.version, &first.params) {
                return Err(UsersError::UnequalParameters { name });
            }
            if hashes.insert(name.clone(), hash).is_some() {
                return Err(UsersError::DuplicateName { name });
            }
        }
        let turns = available_parallelism().map_or(1, |n| n.get());
        Ok(Self(Arc::new(Inner {
            hashes,
            stand_in,
            turns: Semaphore::new(turns),
        })))
    }
}

impl Users {
    /// Whether there is a member of that name.
    pub fn has(&self, name: &str) -> bool {
        self.0.hashes.contains_key(name)
    }

    /// Whether name and password belong together.
    ///
    /// It takes as long for a name that nobody has, and it does not keep the server's threads from their work.
    ///
    /// # Errors
    ///
    /// If the server is shutting down.
    pub async fn verify(&self, name: &str, password: String) -> Result<bool, JoinError> {
        // The semaphore is never closed; without a turn, the work is done all the same.
        let _turn = self.0.turns.acquire().await;
        let name = name.to_owned();
        let users = self.clone();
        spawn_blocking(move || users.verify_here(&name, &password)).await
    }

    fn verify_here(&self, name: &str, password: &str) -> bool {
        let known = self.0.hashes.get(name);
        let Some(hash) = known.or(self.0.stand_in.as_ref()) else {
            return false;
        };
        let matches = Argon2::default().verify_password(password.as_bytes(), hash);
        matches.is_ok() && known.is_some()
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({} accounts)", self.0.hashes.len())
    }
}

fn parse(account: &Account) -> Result<PasswordHash, UsersError> {
    let hash = PasswordHash::new(&account.password_hash.0).ok();
    let complete = |hash: &PasswordHash| {
        let argon2id = hash.algorithm == ARGON2ID_IDENT;
        argon2id && hash.salt.is_some() && hash.hash.is_some() && Params::try_from(hash).is_ok()
    };
    hash.filter(complete).ok_or_else(|| UsersError::BadHash {
        name: account.name.clone(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::configuration::PasswordHashText;

    /// Of `one` and `two`, with the least memory that argon2 takes.
    const ONE: &str = "$argon2id$v=19$m=8,t=1,p=1$I+tZe8MPlVz6dNoEJevAjQ$tNdX1qR0WLfwboGOkdKkEh5eE6XGpwfbZAKUa19COc0";
    const TWO: &str = "$argon2id$v=19$m=8,t=1,p=1$4/Eq2rlhlNXZaO78haySQA$cbWPm5En6sUWRUJkbOW+ZgTt6ThAkgu4/pyMuHqBjHk";

    fn users(accounts: &[(&str, &str)]) -> Result<Users, UsersError> {
        let account = |(name, hash): &(&str, &str)| Account {
            name: (*name).to_owned(),
            password_hash: PasswordHashText((*hash).to_owned()),
        };
        Users::new(&UsersConfig {
            accounts: accounts.iter().map(account).collect(),
            demo: None,
        })
    }

    #[tokio::test]
    async fn only_the_own_password_fits() {
        let users = users(&[("ada", ONE), ("bob", TWO)]).unwrap();
        for (name, password, fits) in [
            ("ada", "one", true),
            ("bob", "two", true),
            ("ada", "two", false),
            ("ada", "", false),
            // The hash that stands in for the one of an unknown member is ada's.
            ("eve", "one", false),
        ] {
            let verified = users.verify(name, password.to_owned()).await.unwrap();
            assert_eq!(verified, fits, "{name} {password}");
        }
        assert!(users.has("ada") && !users.has("eve"));
    }

    #[tokio::test]
    async fn without_accounts_nobody_gets_in() {
        let users = users(&[]).unwrap();
        assert!(!users.verify("ada", "one".to_owned()).await.unwrap());
    }

    #[test]
    fn a_configuration_that_would_betray_members_is_refused() {
        let slower = ONE.replace("t=1", "t=2");
        for (accounts, complaint) in [
            (&[("ada", ONE), ("ada", TWO)], "two accounts called `ada`"),
            (
                &[("ada", ONE), ("bob", "secret")],
                "`bob` is not an argon2id hash",
            ),
            (
                &[("ada", ONE), ("bob", slower.as_str())],
                "`bob` has other parameters",
            ),
        ] {
            let refused = users(accounts).unwrap_err().to_string();
            assert!(refused.contains(complaint), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
