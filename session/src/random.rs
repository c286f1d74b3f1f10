//! Random numbers, and pauses of a random length.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use getrandom::Error;

/// Returns `N` bytes from the generator of the operating system, fit for secrets.
///
/// Each thread fetches a block at a time, since a system call per token would take four times as
/// long. Each byte is handed out once, and no copy of it stays. The bytes that wait are as well
/// protected as the keys of the cookies, which are in the same memory.
///
/// A copy of the process (a `fork`, the snapshot of a virtual machine) has the same bytes waiting,
/// so that two sessions may get one secret. Such a secret is useless without the keys, because a
/// cookie is authenticated before its secret is compared.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    thread_local!(static POOL: RefCell<Pool> = const { RefCell::new(Pool::EMPTY) });
    POOL.with_borrow_mut(Pool::take)
}

/// Returns 24 bits that another request most likely does not get; not for secrets.
///
/// They cost no system call but one for each thread (xorshift; Marsaglia, 2003).
pub(crate) fn mark() -> Result<u32, Error> {
    thread_local!(static STATE: Cell<u64> = const { Cell::new(0) });
    let mut state = STATE.get();
    if state == 0 {
        state = u64::from_le_bytes(bytes()?) | 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    STATE.set(state);
    let [a, b, c, ..] = state.to_be_bytes();
    Ok(u32::from_be_bytes([0, a, b, c]))
}

/// Returns a number in `0.0..1.0` that spreads retries and sweeps out in time; not for secrets.
pub(crate) fn fraction() -> f64 {
    // Without a random number, all wait for the same time: slower, but correct.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

/// Returns a random pause before an operation is tried again, so that rivals spread out.
///
/// The longest possible pause is `first` after the first attempt and doubles with each further one,
/// up to `limit`. `attempts` is the number of attempts that were made.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::retry_pause;
/// use std::time::Duration;
///
/// let (first, limit) = (Duration::from_millis(8), Duration::from_millis(100));
/// assert!(retry_pause(1, first, limit) < Duration::from_millis(8));
/// assert!(retry_pause(3, first, limit) < Duration::from_millis(32));
/// assert!(retry_pause(u32::MAX, first, limit) < Duration::from_millis(100));
/// ```
pub fn retry_pause(attempts: u32, first: Duration, limit: Duration) -> Duration {
    doubled(attempts, first, limit).mul_f64(fraction())
}

/// Returns `first`, doubled once for each attempt after the first one, at most `limit`.
pub(crate) fn doubled(attempts: u32, first: Duration, limit: Duration) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    first.saturating_mul(1 << doublings).min(limit)
}

struct Pool {
    block: [u8; Pool::SIZE],
    /// The number of bytes at the front of the block that were not handed out yet.
    left: usize,
}

impl Pool {
    const SIZE: usize = 512;
    const EMPTY: Self = Self {
        block: [0; Self::SIZE],
        left: 0,
    };

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        const { assert!(N <= Self::SIZE) };
        if self.left < N {
            self.left = 0;
            getrandom::fill(&mut self.block)?;
            self.left = Self::SIZE;
        }
        let (rest, bytes) = self.block[..self.left]
            .split_last_chunk_mut()
            .expect("the lines above leave at least N bytes");
        self.left = rest.len();
        Ok(std::mem::replace(bytes, [0; N]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_byte_is_handed_out_once() {
        let mut pool = Pool::EMPTY;
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            assert!(seen.insert(pool.take::<10>().unwrap()));
            assert_eq!(pool.block[pool.left..][..10], [0; 10]);
            assert!(pool.block[..pool.left].iter().filter(|b| **b == 0).count() < 16);
        }
    }

    #[test]
    fn marks_differ_in_one_thread_and_between_threads() {
        let marks = || [0; 100].map(|_| mark().unwrap());
        let there = std::thread::spawn(marks).join().unwrap();
        let mut all: Vec<_> = marks().into_iter().chain(there).collect();
        assert!(all.iter().all(|mark| *mark < 1 << 24));
        all.sort_unstable();
        all.dedup();
        // Two of 200 are equal in one of 800 runs.
        assert!(all.len() >= 198, "{all:?}");
    }

    #[test]
    fn threads_do_not_share_their_random_bytes() {
        let here = bytes::<16>().unwrap();
        let there = std::thread::spawn(bytes::<16>).join().unwrap().unwrap();
        assert_ne!(here, there);
    }

    #[test]
    fn the_longest_pause_doubles_up_to_its_limit() {
        let (first, limit) = (Duration::from_secs(1), Duration::from_secs(60));
        let pauses = [0, 1, 2, 3, 6, 7, u32::MAX].map(|n| doubled(n, first, limit).as_secs());
        assert_eq!(pauses, [1, 1, 2, 4, 32, 60, 60]);
        assert_eq!(doubled(9, Duration::MAX, Duration::MAX), Duration::MAX);
    }
}
