use std::thread;
use std::time::Duration;

use session::store::within;
use sqlx::{Connection, Database};
use tokio::runtime::{Builder, Handle};
use tokio::time::Instant;

use crate::connection_limit::Seat;

/// A connection that was idle for less is taken to be alive.
const UNCHECKED: Duration = Duration::from_secs(1);

/// The longest time in which a live server answers a ping.
const PING_LIMIT: Duration = Duration::from_secs(1);

/// The time without use after which a connection is closed.
const LONGEST_IDLE_TIME: Duration = Duration::from_secs(2 * 60);

/// The age at which a connection is closed when it is idle, so that a server that was added, or an
/// address that has changed, gets its part of the connections.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// An open connection of a runtime.
pub(crate) struct OpenConnection<DB: Database> {
    connection: DB::Connection,
    opened: Instant,
    /// The end of the last operation; `None` before the first one has ended.
    used: Option<Instant>,
    /// True if nothing was sent on it for a while, in which the server may have closed it.
    was_idle: bool,
    /// True if it may have failed together with another one.
    is_suspect: bool,
    seat: Seat,
}

impl<DB: Database> OpenConnection<DB> {
    pub(crate) fn new(connection: DB::Connection, seat: Seat) -> Self {
        Self {
            connection,
            opened: Instant::now(),
            used: None,
            was_idle: false,
            is_suspect: false,
            seat,
        }
    }

    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }

    /// Returns `true` if its first operation got it as soon as it was open.
    pub(crate) fn is_new(&self) -> bool {
        !self.was_idle
    }

    pub(crate) fn note_idle(&mut self) {
        self.was_idle = true;
    }

    pub(crate) fn is_fresh(&self) -> bool {
        !self.is_suspect && self.idle_time() < UNCHECKED
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.idle_time() >= LONGEST_IDLE_TIME || self.opened.elapsed() >= LONGEST_LIFE
    }

    fn idle_time(&self) -> Duration {
        self.used.unwrap_or(self.opened).elapsed()
    }

    /// Notes the end of an operation.
    pub(crate) fn note_use(&mut self) {
        self.used = Some(Instant::now());
        self.is_suspect = false;
    }

    /// Has it pinged before its next use.
    pub(crate) fn suspect(&mut self) {
        self.is_suspect = true;
    }

    /// Returns `true` if the server answers.
    pub(crate) async fn ping(&mut self) -> bool {
        let ping = within(PING_LIMIT, self.connection.ping()).await;
        matches!(ping, Some(Ok(())))
    }

    /// Gives its seat to others if a runtime that has this number of connections has to close one.
    pub(crate) fn is_surplus(&mut self, owned: usize) -> bool {
        self.seat.free_if_exceeded(owned)
    }

    pub(crate) async fn close(self) {
        let closed = self.connection.close();
        // The last connection of SQLite writes the log into the file, however long that takes. If
        // a server does not answer, the end of the socket suffices.
        match DB::NAME == "SQLite" {
            true => _ = closed.await,
            false => _ = within(PING_LIMIT, closed).await,
        }
    }

    /// Closes it in the background, and gives its seat to others at once.
    pub(crate) fn close_later(mut self) {
        self.seat.free();
        if DB::NAME == "SQLite" {
            // The runtime of the caller may end before that.
            _ = thread::Builder::new().spawn(|| {
                let runtime = Builder::new_current_thread().build();
                runtime.map(|runtime| runtime.block_on(self.close()))
            });
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.close());
        }
    }

    /// Closes a connection in the middle of an operation, or at the end of its runtime. A server
    /// must not wait for the rest of a message. A thread of SQLite has the rest of its statement to
    /// run.
    pub(crate) fn abandon(self) {
        if DB::NAME == "SQLite" {
            self.close_later();
        }
    }

    /// Closes a connection that has failed, for another one in its place.
    pub(crate) fn into_seat(self) -> Seat {
        self.seat
    }
}
