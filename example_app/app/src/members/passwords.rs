use std::sync::LazyLock;
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use unicode_normalization::UnicodeNormalization;

use super::NewPassword;

/// Hashes and verifies passwords, without keeping the server's threads from their work.
pub(super) struct Passwords {
    /// Each takes a processor and 19 MiB: more at once than there are processors help nobody.
    turns: Semaphore,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let turns = available_parallelism().map_or(1, |n| n.get());
        Self {
            turns: Semaphore::new(turns),
        }
    }

    /// Whether the password is the one of the hash. Without a hash it is not, and that takes as long.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, JoinError> {
        self.in_turn(move || verify(&password, hash.as_deref()))
            .await
    }

    /// What to keep of a new password.
    pub(super) async fn hash(
        &self,
        password: NewPassword,
    ) -> Result<Result<String, argon2::password_hash::Error>, JoinError> {
        self.in_turn(move || hash_password(&password.into_text()))
            .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // The semaphore is never closed; without a turn, the work is done all the same.
        let _turn = self.turns.acquire().await;
        spawn_blocking(work).await
    }
}

/// The argon2id hash of a password, in PHC format.
///
/// # Errors
///
/// If the operating system has no random numbers for the salt.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hash = Argon2::default().hash_password(normalized(password).as_bytes())?;
    Ok(hash.to_string())
}

/// One keyboard writes `é` as one character, another one as two (NIST SP 800-63B: normalise).
fn normalized(password: &str) -> String {
    password.nfc().collect()
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    let hash = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let compared = hash.as_ref().unwrap_or(&STAND_IN);
    let matches = Argon2::default().verify_password(normalized(password).as_bytes(), compared);
    matches.is_ok() && hash.is_some()
}

/// For the visitor whose name nobody has. It costs the same time, and nothing fits.
static STAND_IN: LazyLock<PasswordHash> = LazyLock::new(|| {
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                        $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    PasswordHash::new(HASH).expect("it is a hash: a test parses it")
});

/// Whether a text is a hash, of the kind that this application makes.
pub(super) fn is_hash(text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else {
        return false;
    };
    let argon2id = hash.algorithm == ARGON2ID_IDENT;
    argon2id && hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok()
}

/// Whether to verify the hash takes the same time as for all others.
pub(super) fn has_common_cost(text: &str) -> bool {
    let hash = PasswordHash::new(text);
    hash.is_ok_and(|hash| (hash.version, &hash.params) == (STAND_IN.version, &STAND_IN.params))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_costs_as_much_as_one_whose_password_was_hashed_here() {
        let made_here = hash_password("any").unwrap();
        assert!(is_hash(&made_here) && has_common_cost(&made_here));
    }

    #[test]
    fn a_password_fits_however_a_keyboard_composes_it() {
        let hash = hash_password("caf\u{e9} au lait").unwrap();
        assert!(verify("cafe\u{301} au lait", Some(&hash)));
        assert!(!verify("cafe au lait", Some(&hash)));
    }

    #[test]
    fn what_is_no_hash_fits_nothing() {
        for hash in [None, Some(""), Some("any"), Some("$argon2id$v=19")] {
            assert!(!verify("", hash) && !verify("any", hash), "{hash:?}");
        }
    }
}
