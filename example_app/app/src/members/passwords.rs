use std::sync::LazyLock;
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use unicode_normalization::UnicodeNormalization;

use super::new_password::NewPassword;

/// The hashing and verification of passwords, on threads for blocking tasks.
pub(super) struct Passwords {
    /// One permit for each processor: a hash occupies a processor and 19 MiB, so more at once would
    /// not finish sooner.
    permits: Semaphore,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, |n| n.get());
        Self {
            permits: Semaphore::new(processors),
        }
    }

    /// Returns `true` if the password is that of the hash. Without a hash it returns `false`, after
    /// the same time.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, JoinError> {
        self.run(move || verify(&password, hash.as_deref())).await
    }

    /// Returns the hash of a new password, in PHC format.
    pub(super) async fn hash(
        &self,
        password: NewPassword,
    ) -> Result<Result<String, argon2::password_hash::Error>, JoinError> {
        self.run(move || hash_password(&password.into_text())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // The semaphore is never closed, so `acquire` does not fail.
        let _permit = self.permits.acquire().await;
        spawn_blocking(work).await
    }
}

/// Returns the argon2id hash of a password, in PHC format.
///
/// # Errors
///
/// Returns [`argon2::password_hash::Error`] if the operating system has no random numbers for the
/// salt.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hash = Argon2::default().hash_password(normalized(password).as_bytes())?;
    Ok(hash.to_string())
}

/// Returns the password in Unicode's form NFC, as NIST SP 800-63B recommends: some keyboards send
/// `é` as one character, others as two.
fn normalized(password: &str) -> String {
    password.nfc().collect()
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    let hash = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let compared = hash.as_ref().unwrap_or(&STAND_IN);
    let matches = Argon2::default().verify_password(normalized(password).as_bytes(), compared);
    matches.is_ok() && hash.is_some()
}

/// The hash for names that nobody has. Verification costs the same time and always fails.
static STAND_IN: LazyLock<PasswordHash> = LazyLock::new(|| {
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                        $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    PasswordHash::new(HASH).expect("the constant is a hash: a test parses it")
});

/// Returns `true` if the text is a hash of the kind that [`hash_password`] makes.
pub(super) fn is_hash(text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else {
        return false;
    };
    let argon2id = hash.algorithm == ARGON2ID_IDENT;
    argon2id && hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok()
}

/// Returns `true` if the verification of the hash takes the same time as that of all others.
pub(super) fn has_common_cost(text: &str) -> bool {
    let hash = PasswordHash::new(text);
    hash.is_ok_and(|hash| (hash.version, &hash.params) == (STAND_IN.version, &STAND_IN.params))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_for_an_unknown_member_costs_as_much_as_a_real_hash() {
        let made_here = hash_password("any").unwrap();
        assert!(is_hash(&made_here) && has_common_cost(&made_here));
    }

    #[test]
    fn a_password_matches_however_a_keyboard_composes_it() {
        let hash = hash_password("caf\u{e9} au lait").unwrap();
        assert!(verify("cafe\u{301} au lait", Some(&hash)));
        assert!(!verify("cafe au lait", Some(&hash)));
    }

    #[test]
    fn nothing_matches_a_malformed_hash() {
        for hash in [None, Some(""), Some("any"), Some("$argon2id$v=19")] {
            assert!(!verify("", hash) && !verify("any", hash), "{hash:?}");
        }
    }
}
