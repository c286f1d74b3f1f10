use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pavex::http::StatusCode;
use pavex::http::header::HeaderValue;
use session::{LogIn, Principal, SessionStore};
use tokio::time::timeout;

use super::new_name::NewName;
use super::new_password::NewPassword;
use super::passwords::{PasswordWorkError, Passwords};
use super::throttle::{Throttle, TooManyGuesses};
use super::visitor::Visitor;
use crate::database::{Cause, Database};

/// All members: a table in the database with the hashes of their passwords.
///
/// A clone is cheap and refers to the same table.
#[derive(Clone)]
pub struct Users {
    database: Database,
    passwords: Arc<Passwords>,
    throttle: Arc<Throttle>,
}

/// A member who has proved their password, with the hash that it was compared with.
pub struct Verified {
    member: Principal,
    hash: String,
}

/// The outcome of [`Users::change_password`].
#[derive(Debug)]
pub enum PasswordChange {
    /// The password was replaced. The log-in is one with the new password.
    Changed(LogIn),
    /// Another request has replaced the password since it was verified. Nothing was changed.
    Overtaken,
}

/// The members cannot be looked up or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersError {
    /// The database fails.
    #[error("the table of the members cannot be used")]
    Database(#[source] Cause),
    /// The database takes too long.
    #[error("the table of the members does not answer in time")]
    NoAnswer,
    /// The password was guessed too often.
    #[error(transparent)]
    TooManyGuesses(#[from] TooManyGuesses),
    /// The work on a password has no result.
    #[error(transparent)]
    PasswordWork(#[from] PasswordWorkError),
    /// A password cannot be hashed.
    #[error("the password cannot be hashed")]
    Hash(#[from] argon2::password_hash::Error),
}

/// The longest time that a visitor waits for the database.
const TIME_LIMIT: Duration = SessionStore::DEFAULT_OPERATION_TIMEOUT;

impl Users {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            passwords: Arc::new(Passwords::new()),
            throttle: Arc::default(),
        }
    }

    pub(super) async fn insert_if_missing(&self, name: &str, hash: &str) -> Result<(), UsersError> {
        if self.password_hash(name).await?.is_none() {
            // Another server with the same configuration may insert the account first.
            _ = within_limit(self.database.users().insert(name, hash)).await?;
        }
        Ok(())
    }

    /// Returns a member's stored password hash, or `None` if there is no member of that name.
    ///
    /// # Errors
    ///
    /// Returns [`UsersError`] if the database fails.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, UsersError> {
        within_limit(self.database.users().password_hash(name)).await
    }

    /// Returns the member of that name if the password is theirs.
    ///
    /// A name that nobody has makes no difference, neither in time nor for the limits on guesses.
    /// The work runs on a thread for blocking tasks.
    ///
    /// # Errors
    ///
    /// Returns [`UsersError::TooManyGuesses`] if the visitor has to wait before the next guess.
    /// Returns another [`UsersError`] if the database fails, if too many others wait, or if the
    /// server is shut down.
    pub async fn verify(
        &self,
        name: &str,
        password: String,
        visitor: &Visitor,
    ) -> Result<Option<Verified>, UsersError> {
        let attempt = self.throttle.begin(name, *visitor)?;
        let verified = self.compare(name, password).await;
        match &verified {
            Ok(Some(_)) => self.throttle.succeed(attempt),
            Ok(None) => {}
            Err(_) => self.throttle.take_back(attempt),
        }
        verified
    }

    async fn compare(&self, name: &str, password: String) -> Result<Option<Verified>, UsersError> {
        let hash = self.password_hash(name).await?;
        let matches = self.passwords.verify(password, hash.clone()).await?;
        // A name with a hash is a valid `Principal`: sign-up and configuration see to it.
        let member = Principal::new(name).ok().zip(hash);
        let member = member.filter(|_| matches);
        Ok(member.map(|(member, hash)| Verified { member, hash }))
    }

    /// Adds a member, and returns their first log-in. Returns `None`, and changes nothing, if
    /// another member has the name.
    ///
    /// # Errors
    ///
    /// Returns [`UsersError`] if the database fails, if too many others wait, or if the server is
    /// shut down.
    pub async fn sign_up(
        &self,
        name: &NewName,
        password: NewPassword,
        visitor: &Visitor,
    ) -> Result<Option<LogIn>, UsersError> {
        let member = name.principal();
        let hash = self.passwords.hash(password).await??;
        let users = self.database.users();
        let inserted = within_limit(users.insert(member.as_str(), &hash)).await?;
        if !inserted {
            return Ok(None);
        }
        self.throttle.remember(member.as_str(), *visitor);
        let member = member.clone();
        Ok(Some(Verified { member, hash }.log_in()))
    }

    /// Replaces the password that was verified, unless another request has replaced it since.
    ///
    /// Without that condition, somebody who has verified the old password before its owner changed
    /// it could overwrite the owner's new one.
    ///
    /// # Errors
    ///
    /// Returns [`UsersError`] if the database fails, if too many others wait, or if the server is
    /// shut down.
    pub async fn change_password(
        &self,
        verified: Verified,
        password: NewPassword,
    ) -> Result<PasswordChange, UsersError> {
        let Verified { member, hash: old } = verified;
        let hash = self.passwords.hash(password).await??;
        let users = self.database.users();
        let replaced = users.replace_password_hash(member.as_str(), &old, &hash);
        match within_limit(replaced).await? {
            true => Ok(PasswordChange::Changed(Verified { member, hash }.log_in())),
            false => Ok(PasswordChange::Overtaken),
        }
    }

    /// Returns the database of the members, which is also that of the sessions.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

async fn within_limit<T>(query: impl Future<Output = Result<T, Cause>>) -> Result<T, UsersError> {
    let answer = timeout(TIME_LIMIT, query).await;
    let answer = answer.map_err(|_| UsersError::NoAnswer)?;
    answer.map_err(UsersError::Database)
}

/// The time after which a visitor may try again if too many others wait, in seconds.
const RETRY_AFTER: i64 = 2;

impl UsersError {
    /// Returns the status of the page for this error.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Database(_) | Self::NoAnswer | Self::PasswordWork(PasswordWorkError::Busy(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooManyGuesses(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::PasswordWork(_) | Self::Hash(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the value of the header `Retry-After`, in seconds.
    pub fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Self::PasswordWork(PasswordWorkError::Busy(_)) => Some(RETRY_AFTER.into()),
            Self::TooManyGuesses(TooManyGuesses { wait }) => {
                Some(wait.whole_seconds().saturating_add(1).into())
            }
            _ => None,
        }
    }
}

impl Verified {
    /// Returns the name to log in with.
    pub fn name(&self) -> &str {
        self.member.as_str()
    }

    /// Returns the log-in of the member.
    ///
    /// Its stamp is the hash that was verified, so the session ends with that password.
    pub fn log_in(self) -> LogIn {
        LogIn::new(self.member).with_stamp(self.hash.as_bytes())
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").finish_non_exhaustive()
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({:?})", self.database)
    }
}
