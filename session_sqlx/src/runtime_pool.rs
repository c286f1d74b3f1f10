use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session::store::within;
use sqlx::Error;
use tokio::sync::{Semaphore, oneshot};

use crate::connection_limit::{ConnectionLimit, Seat};
use crate::open_connection::OpenConnection;
use crate::opener::{Opener, Opens};

/// The connections that one runtime has opened.
///
/// A connection that comes back is the next one in use. So those that the load does not require
/// stay idle, and close. It comes back without a ping: one whose operation did not end is closed,
/// and one that was idle is pinged before its next use.
pub(crate) struct RuntimePool<DB: Opens> {
    opener: Arc<Opener<DB>>,
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

struct State<DB: Opens> {
    idle: Vec<OpenConnection<DB>>,
    /// The places of this runtime, in use or not.
    places: usize,
}

impl<DB: Opens> RuntimePool<DB> {
    /// The sender is dropped with the pool.
    pub(crate) fn new(
        opener: Arc<Opener<DB>>,
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
        match taken.unwrap_or(Err(Error::PoolTimedOut)) {
            Ok(mut held) => {
                held.is_kept = false;
                Ok(held)
            }
            Err(Error::PoolTimedOut) => Err(self.opener.timeout(self.longest_wait)),
            Err(error) => Err(error),
        }
    }

    async fn take_later(self: &Arc<Self>, held: Option<Held<DB>>) -> Result<Held<DB>, Error> {
        let mut held = match held {
            Some(held) => held,
            None => self.place().await,
        };
        loop {
            held.check().await;
            if held.open.is_some() {
                return Ok(held);
            }
            // It goes on if another connection becomes free meanwhile.
            let opening = tokio::spawn(held.connect());
            tokio::select! {
                biased;
                // It fails to join if the runtime ends.
                opened = opening => return opened.unwrap_or(Err(Error::PoolClosed)),
                freed = self.freed_place() => held = freed,
            }
        }
    }

    /// Waits for a place that becomes free, or for the right to have another one.
    async fn place(self: &Arc<Self>) -> Held<DB> {
        let mut free = pin!(self.freed_place());
        loop {
            let freed = self.limit.freed().notified();
            if let Some(held) = self.new_place() {
                return held;
            }
            tokio::select! {
                biased;
                held = &mut free => return held,
                () = freed => {}
            }
        }
    }

    async fn freed_place(self: &Arc<Self>) -> Held<DB> {
        if let Ok(place) = self.free.acquire().await {
            // The semaphore is never closed.
            place.forget();
        }
        self.held()
    }

    fn free_place(self: &Arc<Self>) -> Option<Held<DB>> {
        self.free.try_acquire().ok()?.forget();
        Some(self.held())
    }

    /// Returns a place that was free.
    fn held(self: &Arc<Self>) -> Held<DB> {
        let open = self.lock().idle.pop();
        Held {
            pool: self.clone(),
            open,
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

    fn give_back(&self, mut open: Option<OpenConnection<DB>>) {
        let mut state = self.lock();
        let places = state.places;
        let is_kept = open.as_mut().is_some_and(|open| !open.is_surplus(places));
        open.iter_mut().for_each(OpenConnection::note_idle);
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
        if let Some(refused) = refused {
            refused.close_later();
        }
        if !is_kept || self.opener.is_closed() {
            self.limit.freed().notify_waiters();
        }
    }

    /// Has each idle connection pinged before its next use.
    fn suspect_idle(&self) {
        let mut state = self.lock();
        state.idle.iter_mut().for_each(OpenConnection::suspect);
    }

    /// Closes the connections that nobody has used for a while.
    pub(crate) fn close_stale(&self) {
        self.close_each(|state| state.idle.iter().position(OpenConnection::is_stale));
    }

    /// Closes idle connections as long as all runtimes together have too many.
    pub(crate) fn close_surplus(&self) {
        self.close_each(|state| {
            let longest_idle = state.idle.first_mut()?;
            longest_idle.is_surplus(state.places).then_some(0)
        });
    }

    fn close_each(&self, find: impl Fn(&mut State<DB>) -> Option<usize>) {
        while let Some(open) = self.idle(&find) {
            open.close_later();
        }
    }

    /// Takes one of the idle connections. Its place goes, too, unless it is the last one.
    fn idle(&self, find: impl Fn(&mut State<DB>) -> Option<usize>) -> Option<OpenConnection<DB>> {
        let mut state = self.lock();
        let place = self.free.try_acquire().ok()?;
        let index = find(&mut state)?;
        if state.places > 1 {
            place.forget();
            state.places -= 1;
        }
        Some(state.idle.remove(index))
    }

    /// Closes all idle connections, for good.
    #[cfg(feature = "sqlite")]
    pub(crate) async fn close_idle(&self) {
        let idle = std::mem::take(&mut self.lock().idle);
        for open in idle {
            open.close().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        // Nothing is half done after a panic: a holder of the lock moves values and counts.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Opens> Drop for RuntimePool<DB> {
    fn drop(&mut self) {
        self.limit.remove_runtime();
        let idle = std::mem::take(&mut self.lock().idle);
        idle.into_iter().for_each(OpenConnection::abandon);
    }
}

/// A place in a pool, with its connection. If it is dropped, the connection is closed.
pub(crate) struct Held<DB: Opens> {
    pool: Arc<RuntimePool<DB>>,
    open: Option<OpenConnection<DB>>,
    /// The right to open the connection, unless it is open.
    seat: Option<Seat>,
    /// True once the connection may be of use to others.
    is_kept: bool,
}

impl<DB: Opens> Held<DB> {
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        let open = self.open.as_mut();
        // `take` connects, and only `fail`, `keep` and `drop` take the connection out.
        open.expect("the connection is there").connection()
    }

    /// Returns `true` if the connection was not idle before this operation.
    pub(crate) fn is_new(&self) -> bool {
        self.open.as_ref().is_some_and(OpenConnection::is_new)
    }

    fn is_fresh(&self) -> bool {
        self.open.as_ref().is_some_and(OpenConnection::is_fresh)
    }

    /// Returns `true` if the server answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        match &mut self.open {
            Some(open) => open.ping().await,
            None => false,
        }
    }

    /// Gives up a connection that was idle, unless it is alive. The right to have one stays.
    async fn check(&mut self) {
        if self.open.is_some() && !self.is_fresh() && !self.is_alive().await {
            self.seat = self.open.take().map(OpenConnection::into_seat);
            self.pool.suspect_idle();
        }
    }

    /// Opens the connection. Others may use it, unless the operation still waits for it.
    async fn connect(mut self) -> Result<Self, Error> {
        let seat = self.seat.take();
        let seat = seat.unwrap_or_else(|| self.pool.limit.first_seat());
        let opened = within(self.pool.longest_wait, self.pool.opener.open()).await;
        let connection = opened.unwrap_or(Err(Error::PoolTimedOut))?;
        self.open = Some(OpenConnection::new(connection, seat));
        self.is_kept = true;
        Ok(self)
    }

    /// Leaves the connection to other operations when this is dropped.
    pub(crate) fn keep(&mut self) {
        if let Some(open) = &mut self.open {
            open.note_use();
        }
        self.is_kept = true;
    }

    /// Closes the connection after an operation. The idle ones may have failed with it.
    pub(crate) fn fail(&mut self) {
        if let Some(open) = self.open.take() {
            open.close_later();
        }
        self.pool.suspect_idle();
    }

    /// Closes the connection after an operation, and the idle ones, which lead to the same server.
    pub(crate) fn give_up_all(&mut self) {
        self.fail();
        self.pool
            .close_each(|state| state.idle.len().checked_sub(1));
    }
}

impl<DB: Opens> Drop for Held<DB> {
    fn drop(&mut self) {
        let mut open = self.open.take();
        if !self.is_kept
            && let Some(open) = open.take()
        {
            open.abandon();
        }
        self.pool.give_back(open);
    }
}
