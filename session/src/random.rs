use std::cell::RefCell;

use getrandom::Error;

/// `N` bytes from the operating system's generator, fit for secrets.
///
/// Each thread fetches a block at a time: a system call per token would take four times as long.
/// A byte is handed out once, and no copy of it stays. Those that wait are as well kept as the keys of
/// the cookies, which lie in the same memory. A copy of the process (a `fork`, the snapshot of a
/// virtual machine) has the same bytes waiting: it may give a secret to a second session, which is no
/// use without the keys, since a cookie is authenticated before its secret is looked at.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    thread_local!(static POOL: RefCell<Pool> = const { RefCell::new(Pool::EMPTY) });
    POOL.with_borrow_mut(Pool::take)
}

/// A number in `0.0..1.0` that spreads retries and sweeps out in time. Not for secrets.
pub(crate) fn fraction() -> f64 {
    // Without a random number, everybody waits for the same time: slower, but correct.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

struct Pool {
    block: [u8; Pool::SIZE],
    /// So many bytes at the front of the block were not handed out yet.
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
            .expect("N bytes are left");
        self.left = rest.len();
        Ok(std::mem::replace(bytes, [0; N]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_handed_out_once() {
        let mut pool = Pool::EMPTY;
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            assert!(seen.insert(pool.take::<10>().unwrap()));
            assert_eq!(pool.block[pool.left..][..10], [0; 10]);
            assert!(pool.block[..pool.left].iter().filter(|b| **b == 0).count() < 16);
        }
    }

    #[test]
    fn threads_do_not_share_their_bytes() {
        let here = bytes::<16>().unwrap();
        let there = std::thread::spawn(bytes::<16>).join().unwrap().unwrap();
        assert_ne!(here, there);
    }
}
