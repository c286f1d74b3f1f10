use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::task::{JoinError, spawn_blocking};
use unicode_normalization::UnicodeNormalization;

use super::new_password::NewPassword;

/// The hashing and verification of passwords, on threads for blocking tasks.
pub(super) struct Passwords {
    /// One permit for each processor: a hash occupies a processor and 19 MiB, so more at once would
    /// not finish sooner.
    permits: Arc<Semaphore>,
    /// One permit for each request that works on a password or waits for its turn.
    places: Arc<Semaphore>,
}

/// The work on a password has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordWorkError {
    /// Too many requests wait for their turn.
    #[error("too many requests wait for the work on their passwords")]
    Busy(#[from] TryAcquireError),
    /// The work ended early, because the server shuts down.
    #[error("the work on a password was aborted")]
    Aborted(#[from] JoinError),
}

/// The number of requests that may wait for a processor. The last of them waits about a second.
const WAITING_PER_PROCESSOR: usize = 16;

impl Passwords {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, |n| n.get());
        Self::with_limits(processors, processors * WAITING_PER_PROCESSOR)
    }

    fn with_limits(running: usize, waiting: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(running)),
            places: Arc::new(Semaphore::new(running + waiting)),
        }
    }

    /// Returns `true` if the password is that of the hash. Without a hash it returns `false`, after
    /// the same time.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, PasswordWorkError> {
        self.run(move || verify(&password, hash.as_deref())).await
    }

    /// Returns the hash of a new password, in PHC format.
    pub(super) async fn hash(
        &self,
        password: NewPassword,
    ) -> Result<Result<String, argon2::password_hash::Error>, PasswordWorkError> {
        self.run(move || hash_password(&password.into_text())).await
    }

    /// Runs the work when it is its turn.
    ///
    /// The work goes on if the visitor hangs up meanwhile. So it owns its permits, and a flood of
    /// visitors that hang up cannot start more work than there are permits.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordWorkError> {
        let place = self.places.clone().try_acquire_owned()?;
        // The semaphore is never closed, so this does not fail.
        let permit = self.permits.clone().acquire_owned().await;
        let work = move || {
            let _owned = (place, permit);
            work()
        };
        Ok(spawn_blocking(work).await?)
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Polls the future once, and drops it, like a request whose visitor hangs up.
    async fn hang_up(request: impl Future) {
        tokio::select! {
            biased;
            _ = request => {}
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn visitors_that_hang_up_do_not_start_more_work_than_there_are_permits() {
        let passwords = Passwords::with_limits(1, 100);
        let running = Arc::new(AtomicUsize::new(0));
        let (release, released) = std::sync::mpsc::channel::<()>();
        let seen = running.clone();
        let blocked = move || {
            seen.fetch_add(1, Ordering::SeqCst);
            released.recv()
        };
        hang_up(passwords.run(blocked)).await;
        for _ in 0..50 {
            let seen = running.clone();
            hang_up(passwords.run(move || seen.fetch_add(1, Ordering::SeqCst))).await;
        }
        // Each of the fifty gave up its turn, so this one is the next after the first.
        release.send(()).unwrap();
        passwords.run(|| ()).await.unwrap();
        assert_eq!(running.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_request_beyond_the_queue_is_refused_at_once() {
        let passwords = Passwords::with_limits(1, 0);
        let (release, released) = std::sync::mpsc::channel::<()>();
        hang_up(passwords.run(move || released.recv())).await;
        let refused = passwords.verify("any".to_owned(), None).await;
        assert!(matches!(refused, Err(PasswordWorkError::Busy(_))));
        release.send(()).unwrap();
    }

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
