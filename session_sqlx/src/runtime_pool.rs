use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use session::store::within;
use sqlx::{Connection, Database, Error, Pool};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use crate::connection_limit::{ConnectionLimit, Seat};

/// A connection that was idle for less is taken to be alive.
const UNCHECKED: Duration = Duration::from_secs(1);

/// The longest time in which a live server answers a ping.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// The time without use after which a connection is closed.
const LONGEST_IDLE_TIME: Duration = Duration::from_secs(2 * 60);

/// The age at which a connection is closed when it is idle, so that a server that was added, or an
/// address that has changed, gets its part of the connections.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// The connections that one runtime has opened.
///
/// A connection that comes back is the next one in use. So those that the load does not require
/// stay idle, and close. It comes back without a ping: one whose operation did not end is closed,
/// and one that was idle is pinged before its next use.
pub(crate) struct RuntimePool<DB: Database> {
    /// Opens connections, and keeps none.
    opener: Pool<DB>,
    limit: Arc<ConnectionLimit>,
    /// The longest time that an operation waits for a connection.
    longest_wait: Duration,
    /// The places that are not in use. A place has a connection, except for the last one of the
    /// runtime after its connection was closed.
    free: Semaphore,
    state: Mutex<State<DB>>,
    /// Ends the task that keeps this pool.
    _end: oneshot::Sender<()>,
}

struct State<DB: Database> {
    idle: Vec<Open<DB>>,
    /// The places of this runtime, in use or not.
    places: usize,
}

/// An open connection.
struct Open<DB: Database> {
    connection: DB::Connection,
    opened: Instant,
    /// The end of the last operation; `None` before the first one has ended.
    used: Option<Instant>,
    /// True if it may have failed together with another one.
    is_suspect: bool,
    _seat: Seat,
}

impl<DB: Database> Open<DB> {
    fn is_fresh(&self) -> bool {
        !self.is_suspect && self.used.is_some_and(|used| used.elapsed() < UNCHECKED)
    }

    fn is_stale(&self) -> bool {
        let is_unused = self
            .used
            .is_some_and(|it| it.elapsed() >= LONGEST_IDLE_TIME);
        is_unused || self.opened.elapsed() >= LONGEST_LIFE
    }

    async fn ping(&mut self) -> bool {
        let ping = within(PING_LIMIT, self.connection.ping()).await;
        matches!(ping, Some(Ok(())))
    }

    async fn close(self) {
        // If the server does not answer, the end of the socket suffices.
        _ = within(PING_LIMIT, self.connection.close()).await;
    }
}

impl<DB: Database> RuntimePool<DB> {
    /// The sender is dropped with the pool.
    pub(crate) fn new(
        opener: Pool<DB>,
        limit: Arc<ConnectionLimit>,
        longest_wait: Duration,
        end: oneshot::Sender<()>,
    ) -> Self {
        limit.add_runtime();
        Self {
            opener,
            limit,
            longest_wait,
            free: Semaphore::new(0),
            state: Mutex::new(State {
                idle: Vec::new(),
                places: 0,
            }),
            _end: end,
        }
    }

    /// Returns a connection that works as far as is known.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Held<DB>, Error> {
        if self.opener.is_closed() {
            return Err(Error::PoolClosed);
        }
        let held = match self.free_place() {
            Some(held) if held.is_fresh() => return Ok(held),
            held => held,
        };
        let taken = within(self.longest_wait, self.take_later(held)).await;
        taken.unwrap_or(Err(Error::PoolTimedOut))
    }

    async fn take_later(self: &Arc<Self>, held: Option<Held<DB>>) -> Result<Held<DB>, Error> {
        let mut held = match held {
            Some(held) => held,
            None => self.place().await?,
        };
        held.check().await;
        held.connect().await?;
        Ok(held)
    }

    /// Waits for a place that becomes free, or for the right to have another one.
    async fn place(self: &Arc<Self>) -> Result<Held<DB>, Error> {
        let mut free = pin!(self.free.acquire());
        loop {
            let freed = self.limit.freed().notified();
            if let Some(held) = self.new_place() {
                return Ok(held);
            }
            if let Some(place) = before(freed, free.as_mut()).await {
                // The semaphore is never closed.
                place.map_err(|_| Error::PoolClosed)?.forget();
                return Ok(self.held());
            }
        }
    }

    fn free_place(self: &Arc<Self>) -> Option<Held<DB>> {
        self.free.try_acquire().ok()?.forget();
        Some(self.held())
    }

    fn held(self: &Arc<Self>) -> Held<DB> {
        Held {
            pool: self.clone(),
            open: self.lock().idle.pop(),
            seat: None,
            is_kept: false,
        }
    }

    fn new_place(self: &Arc<Self>) -> Option<Held<DB>> {
        let mut state = self.lock();
        let seat = self.limit.seat(state.places)?;
        state.places += 1;
        Some(Held {
            pool: self.clone(),
            open: None,
            seat: Some(seat),
            is_kept: false,
        })
    }

    fn give_back(&self, open: Option<Open<DB>>) {
        let mut state = self.lock();
        let is_kept = open.is_some() && !self.limit.is_exceeded_by(state.places);
        let refused = match is_kept {
            true => {
                state.idle.extend(open);
                None
            }
            false => open,
        };
        // The last place stays, since operations may wait for it.
        match is_kept || state.places == 1 {
            true => self.free.add_permits(1),
            false => state.places -= 1,
        }
        drop(state);
        drop(refused);
        if !is_kept || self.opener.is_closed() {
            self.limit.freed().notify_waiters();
        }
    }

    /// Has each idle connection pinged before its next use.
    fn suspect_idle(&self) {
        for open in &mut self.lock().idle {
            open.is_suspect = true;
        }
    }

    /// Closes the connections that nobody has used for a while.
    pub(crate) async fn close_stale(self: &Arc<Self>) {
        let find_stale = |state: &State<DB>| state.idle.iter().position(Open::is_stale);
        while let Some(mut held) = self.idle(find_stale) {
            if let Some(open) = held.open.take() {
                open.close().await;
            }
        }
    }

    /// Closes idle connections as long as all runtimes together have too many.
    pub(crate) fn close_surplus(self: &Arc<Self>) {
        let find_surplus = |state: &State<DB>| {
            let is_too_much = self.limit.is_exceeded_by(state.places);
            (is_too_much && !state.idle.is_empty()).then_some(0)
        };
        while let Some(held) = self.idle(find_surplus) {
            drop(held);
        }
    }

    /// Takes one of the idle connections, with its place.
    fn idle(self: &Arc<Self>, find: impl FnOnce(&State<DB>) -> Option<usize>) -> Option<Held<DB>> {
        let mut state = self.lock();
        let index = find(&state)?;
        self.free.try_acquire().ok()?.forget();
        let open = state.idle.remove(index);
        Some(Held {
            pool: self.clone(),
            open: Some(open),
            seat: None,
            is_kept: false,
        })
    }

    /// Closes all idle connections, for good.
    #[cfg(feature = "sqlite")]
    pub(crate) async fn close_idle(&self) {
        let idle = std::mem::take(&mut self.lock().idle);
        for open in idle {
            // The last one writes the log into the file, however long that takes.
            _ = open.connection.close().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        // Nothing is half done after a panic: a holder of the lock moves values and counts.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Database> Drop for RuntimePool<DB> {
    fn drop(&mut self) {
        self.limit.remove_runtime();
    }
}

/// Returns the output of a future, or `None` if the end comes first.
async fn before<F: Future>(end: impl Future, mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut end = pin!(end);
    let first = poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => end.as_mut().poll(context).map(|_| None),
    });
    first.await
}

/// A place in a pool, with its connection. If it is dropped, the connection is closed.
pub(crate) struct Held<DB: Database> {
    pool: Arc<RuntimePool<DB>>,
    open: Option<Open<DB>>,
    /// The right to open the connection, unless it is open.
    seat: Option<Seat>,
    /// True once the connection may be of use to others.
    is_kept: bool,
}

impl<DB: Database> Held<DB> {
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        let open = self.open.as_mut();
        // `take` connects, and only `keep` and `drop` take the connection out.
        &mut open.expect("the connection is there").connection
    }

    /// Returns `true` if the connection was not in use before.
    pub(crate) fn is_new(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.used.is_none())
    }

    fn is_fresh(&self) -> bool {
        self.open.as_ref().is_some_and(Open::is_fresh)
    }

    /// Returns `true` if the server answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        match &mut self.open {
            Some(open) => open.ping().await,
            None => false,
        }
    }

    /// Gives up a connection that was idle, unless it is alive.
    async fn check(&mut self) {
        if self.open.is_some() && !self.is_fresh() && !self.is_alive().await {
            self.fail();
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        if self.open.is_some() {
            return Ok(());
        }
        let seat = self.seat.take();
        let seat = seat.unwrap_or_else(|| self.pool.limit.necessary_seat());
        let connection = self.pool.opener.acquire().await?.detach();
        self.open = Some(Open {
            connection,
            opened: Instant::now(),
            used: None,
            is_suspect: false,
            _seat: seat,
        });
        Ok(())
    }

    /// Leaves the connection to other operations when this is dropped.
    pub(crate) fn keep(&mut self) {
        if let Some(open) = &mut self.open {
            open.used = Some(Instant::now());
            open.is_suspect = false;
        }
        self.is_kept = true;
    }

    /// Closes the connection, which has failed. The idle ones may have failed with it.
    pub(crate) fn fail(&mut self) {
        self.open = None;
        self.pool.suspect_idle();
    }
}

impl<DB: Database> Drop for Held<DB> {
    fn drop(&mut self) {
        let open = self.open.take().filter(|_| self.is_kept);
        self.pool.give_back(open);
    }
}
