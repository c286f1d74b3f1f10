use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pavex::http::StatusCode;
use pavex::methods;
use session::{Principal, SessionStore};
use tokio::task::JoinError;
use tokio::time::timeout;

use super::passwords::Passwords;
use super::seed::seeds;
use super::{BadName, NewName, NewPassword, SeedError};
use crate::configuration::UsersConfig;
use crate::database::{Cause, Database};

/// All members: a table in the database, with the hashes of their passwords.
///
/// A clone is cheap and refers to the same table.
#[derive(Clone)]
pub struct Users {
    database: Database,
    passwords: Arc<Passwords>,
}

/// The members cannot be consulted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersError {
    /// The database does not work.
    #[error("the table of the members cannot be used")]
    Database(#[source] Cause),
    /// The database takes too long.
    #[error("the table of the members does not answer")]
    NoAnswer,
    /// A password cannot be hashed or verified.
    #[error("the work on a password was given up")]
    GivenUp(#[from] JoinError),
    /// A password cannot be hashed.
    #[error("the password cannot be hashed")]
    Hash(#[from] argon2::password_hash::Error),
}

/// How long a visitor waits for the database at most.
const TIME_LIMIT: Duration = SessionStore::DEFAULT_OPERATION_TIMEOUT;

#[methods]
impl Users {
    /// The members in the database, where those of the configuration are inserted if they are missing.
    ///
    /// # Errors
    ///
    /// If a hash in the configuration is none or takes longer than others, a name occurs twice, or the database
    /// does not work.
    #[singleton]
    pub async fn new(database: &Database, config: &UsersConfig) -> Result<Self, SeedError> {
        let users = Self {
            database: database.clone(),
            passwords: Arc::new(Passwords::new()),
        };
        for account in seeds(config)? {
            if !users.has(&account.name).await? {
                let (name, hash) = (&account.name, &account.password_hash.0);
                // Another server may have been faster, with the same account.
                _ = within_limit(users.database.users().insert(name, hash)).await?;
            }
        }
        Ok(users)
    }
}

impl Users {
    /// Whether there is a member of that name.
    ///
    /// # Errors
    ///
    /// If the database does not work.
    pub async fn has(&self, name: &str) -> Result<bool, UsersError> {
        Ok(self.password_hash(name).await?.is_some())
    }

    /// The member, if name and password belong together.
    ///
    /// It takes as long for a name that nobody has, and it does not keep the server's threads from their work.
    ///
    /// # Errors
    ///
    /// If the database does not work, or the server is shutting down.
    pub async fn verify(
        &self,
        name: &str,
        password: String,
    ) -> Result<Option<Principal>, UsersError> {
        let hash = self.password_hash(name).await?;
        let fits = self.passwords.verify(password, hash).await?;
        // A name that is no principal's is no member's either.
        Ok(fits.then(|| Principal::new(name).ok()).flatten())
    }

    /// Makes a new member, unless somebody has that name.
    ///
    /// # Errors
    ///
    /// If the database does not work, or the server is shutting down.
    pub async fn sign_up(
        &self,
        name: &NewName,
        password: NewPassword,
    ) -> Result<Result<Principal, BadName>, UsersError> {
        let member = name.principal();
        let hash = self.passwords.hash(password).await??;
        let users = self.database.users();
        match within_limit(users.insert(member.as_str(), &hash)).await? {
            true => Ok(Ok(member.clone())),
            false => Ok(Err(BadName::Taken)),
        }
    }

    /// Gives a member another password.
    ///
    /// # Errors
    ///
    /// If the database does not work, or the server is shutting down.
    pub async fn change_password(
        &self,
        member: &Principal,
        password: NewPassword,
    ) -> Result<(), UsersError> {
        let hash = self.passwords.hash(password).await??;
        let users = self.database.users();
        within_limit(users.set_password_hash(member.as_str(), &hash)).await
    }

    /// Where they are kept, together with the sessions.
    pub fn database(&self) -> &Database {
        &self.database
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, UsersError> {
        within_limit(self.database.users().password_hash(name)).await
    }
}

async fn within_limit<T>(query: impl Future<Output = Result<T, Cause>>) -> Result<T, UsersError> {
    let answer = timeout(TIME_LIMIT, query).await;
    let answer = answer.map_err(|_| UsersError::NoAnswer)?;
    answer.map_err(UsersError::Database)
}

impl UsersError {
    /// Of the page that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Database(_) | Self::NoAnswer => StatusCode::SERVICE_UNAVAILABLE,
            Self::GivenUp(_) | Self::Hash(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({:?})", self.database)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests;
