use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The largest number of connections that all runtimes of a process have together.
///
/// No runtime waits for another one, which may compute for seconds. So each may always open its
/// share, at least one connection, and further ones while the limit is not reached. If a share goes
/// beyond the limit, a runtime that has more than its own closes a connection after its use.
pub(crate) struct ConnectionLimit {
    limit: usize,
    open: AtomicUsize,
    runtimes: AtomicUsize,
    /// Notified when a connection or its place is gone, and after each use if the store is closed.
    freed: Notify,
}

impl ConnectionLimit {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            open: AtomicUsize::new(0),
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

    /// The number of connections that a runtime may open in any case.
    fn share(&self) -> usize {
        let runtimes = self.runtimes.load(Ordering::Relaxed);
        (self.limit / runtimes.max(1)).max(1)
    }

    /// Returns the right to open a connection, even beyond the limit.
    pub(crate) fn necessary_seat(self: &Arc<Self>) -> Seat {
        self.open.fetch_add(1, Ordering::Relaxed);
        Seat(self.clone())
    }

    /// Returns the right to open a connection to a runtime that has this number of them.
    pub(crate) fn seat(self: &Arc<Self>, owned: usize) -> Option<Seat> {
        if owned < self.share() {
            return Some(self.necessary_seat());
        }
        let one_more = |open| (open < self.limit).then_some(open + 1);
        let taken = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.is_ok().then(|| Seat(self.clone()))
    }

    /// Returns `true` if a runtime that has this number of connections has to close one.
    pub(crate) fn is_exceeded_by(&self, owned: usize) -> bool {
        self.open() > self.limit && owned > self.share()
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn freed(&self) -> &Notify {
        &self.freed
    }
}

/// The right to an open connection.
pub(crate) struct Seat(Arc<ConnectionLimit>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.freed.notify_waiters();
    }
}
