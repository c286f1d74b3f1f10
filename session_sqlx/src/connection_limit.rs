use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The number of connections that each runtime may always have. With one alone, an operation that
/// waits for a lock, or that nobody polls, would stop all others of its worker.
const FIRST: usize = 2;

/// The largest number of connections that all runtimes of a process have together.
///
/// No runtime waits for another one, which may compute for seconds. So each may always open its
/// first two. It may open further ones while the limit is not reached, and those of its share even
/// then, but all runtimes together have at most as many further ones as the limit. If that goes
/// beyond the limit, a runtime that has more than its share closes a connection after its use.
///
/// So there are never more than the limit, and two for each runtime.
pub(crate) struct ConnectionLimit {
    limit: usize,
    open: AtomicUsize,
    /// Those of `open` that are not among the first ones of their runtime.
    further: AtomicUsize,
    /// Those of `open`, and those that are being closed.
    existing: AtomicUsize,
    runtimes: AtomicUsize,
    /// Notified when a connection or its place is gone, and after each use if the store is closed.
    freed: Notify,
}

impl ConnectionLimit {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            open: AtomicUsize::new(0),
            further: AtomicUsize::new(0),
            existing: AtomicUsize::new(0),
            runtimes: AtomicUsize::new(0),
            freed: Notify::new(),
        }
    }

    pub(crate) fn add_runtime(&self) {
        self.runtimes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove_runtime(&self) {
        self.runtimes.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number of connections above which a runtime closes some if there are too many.
    fn share(&self) -> usize {
        let runtimes = self.runtimes.load(Ordering::Relaxed);
        (self.limit / runtimes.max(1)).max(FIRST)
    }

    /// Returns the right to open one of the first connections of a runtime.
    pub(crate) fn first_seat(self: &Arc<Self>) -> Seat {
        self.open.fetch_add(1, Ordering::Relaxed);
        Seat::new(self, false)
    }

    /// Returns the right to open a connection to a runtime that has this number of them.
    pub(crate) fn seat(self: &Arc<Self>, owned: usize) -> Option<Seat> {
        if owned < FIRST {
            return Some(self.first_seat());
        }
        let one_more = |count| (count < self.limit).then_some(count + 1);
        let add_to = |count: &AtomicUsize| {
            let added = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
            added.is_ok()
        };
        if !add_to(&self.further) {
            return None;
        }
        if owned < self.share() {
            self.open.fetch_add(1, Ordering::Relaxed);
        } else if !add_to(&self.open) {
            self.further.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Seat::new(self, true))
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// The number of connections that are not closed yet.
    #[cfg(feature = "sqlite")]
    pub(crate) fn existing(&self) -> usize {
        self.existing.load(Ordering::Relaxed)
    }

    pub(crate) fn freed(&self) -> &Notify {
        &self.freed
    }
}

/// The right to a connection, and the sign that it exists.
pub(crate) struct Seat {
    limit: Arc<ConnectionLimit>,
    is_further: bool,
    is_free: bool,
}

impl Seat {
    fn new(limit: &Arc<ConnectionLimit>, is_further: bool) -> Self {
        limit.existing.fetch_add(1, Ordering::Relaxed);
        Self {
            limit: limit.clone(),
            is_further,
            is_free: false,
        }
    }

    /// Gives the right to others, while the connection is being closed.
    pub(crate) fn free(&mut self) {
        if !self.is_free {
            self.limit.open.fetch_sub(1, Ordering::Relaxed);
            self.note_that_it_is_free();
        }
    }

    /// Does so if a runtime that has this number of connections has to close one.
    pub(crate) fn free_if_exceeded(&mut self, owned: usize) -> bool {
        let limit = &self.limit;
        let one_less = |open| (open > limit.limit).then(|| open - 1);
        let is_exceeded = owned > limit.share()
            && limit
                .open
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok();
        if is_exceeded {
            self.note_that_it_is_free();
        }
        is_exceeded
    }

    fn note_that_it_is_free(&mut self) {
        self.is_free = true;
        let further = usize::from(self.is_further);
        self.limit.further.fetch_sub(further, Ordering::Relaxed);
        self.limit.freed.notify_waiters();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.free();
        self.limit.existing.fetch_sub(1, Ordering::Relaxed);
        self.limit.freed.notify_waiters();
    }
}
