use std::time::Duration;

use session::store::within;
use sqlx::Error;
use tokio::runtime::Handle;

use crate::driver::Statement;
use crate::engine::{Commits, Engine, Fault};
use crate::errors::fault;
use crate::source::{Source, Sourced};

/// A connection that frees its place in the pool within [`RETURN_LIMIT`].
///
/// `sqlx` pings each connection on its way back to its pool, without a time limit. A connection
/// that fell silent (a power cut, a firewall that forgot it) would keep its place until the
/// operating system gives it up, after many minutes. Soon the pool would have no place left.
pub(crate) struct Lease<DB: Engine> {
    connection: Sourced<DB>,
    commits: Commits,
    /// True if the connection is closed in place of its return.
    is_spent: bool,
    has_ended: bool,
}

/// A live server answers a ping in far less.
const RETURN_LIMIT: Duration = Duration::from_secs(1);

impl<DB: Engine> Lease<DB> {
    /// Takes a connection, and begins a transaction unless the server commits each statement. A
    /// transaction is never left open: if the lease is dropped before its [`end`](Self::end), the
    /// connection is closed.
    pub(crate) async fn of(source: &Source<DB>, commits: Commits) -> Result<Self, Error> {
        loop {
            let mut lease = Self {
                connection: source.take().await?,
                commits,
                is_spent: false,
                has_ended: false,
            };
            match lease.run(DB::BEGIN).await {
                Ok(()) => return Ok(lease),
                Err(error) => lease.give_up(error)?,
            }
        }
    }

    /// Closes a connection on which no transaction began. Returns the error, unless the connection
    /// was lost or came to be of no use while it was idle: another one may work, and no statement
    /// was sent.
    fn give_up(mut self, error: Error) -> Result<(), Error> {
        self.is_spent = true;
        let Sourced::Store(held) = &mut self.connection else {
            return Err(error);
        };
        let was_idle = !held.is_new();
        held.fail();
        match was_idle && is_end(fault::<DB>(&error)) {
            true => Ok(()),
            false => Err(error),
        }
    }

    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        self.connection.connection()
    }

    /// Returns a statement for the connection.
    pub(crate) fn statement<'s>(&self, text: &'s str) -> Statement<'s> {
        let is_kept = DB::keeps_statements(self.commits);
        Statement { text, is_kept }
    }

    /// Commits, and returns the outcome of the statement. A connection to a server that is of no
    /// use leaves the pool: a failover may have replaced the server, or a part of the network may
    /// be cut off, and a new connection then reaches another server.
    pub(crate) async fn end<T>(mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        let ended = match outcome {
            Ok(_) => self.run(DB::COMMIT).await,
            Err(_) => self.run(DB::ROLLBACK).await,
        };
        let error = outcome.as_ref().err();
        self.has_ended = true;
        let fault = error.map(fault::<DB>);
        self.is_spent |= ended.is_err() || fault.is_some_and(is_end);
        if let Sourced::Store(held) = &mut self.connection {
            if fault == Some(Fault::Useless) {
                held.give_up_all();
            // `sqlx` asks the connections of its pool, too.
            } else if self.is_spent || (error.is_some() && !held.is_alive().await) {
                held.fail();
            } else {
                held.keep();
            }
        }
        match ended {
            Err(error) if outcome.is_ok() => Err(error),
            _ => outcome,
        }
    }

    /// Has the connection closed after its use, whatever the outcome is.
    #[cfg(feature = "mysql")]
    pub(crate) fn spend(&mut self) {
        self.is_spent = true;
    }

    /// Runs a statement that begins or ends a transaction, unless the server does so.
    async fn run(&mut self, statement: &'static str) -> Result<(), Error> {
        match self.commits {
            Commits::ByItself => Ok(()),
            Commits::OnRequest => DB::run(self.connection.connection(), statement).await,
        }
    }
}

/// Returns `true` if another connection may do better than the one with this error.
fn is_end(fault: Fault) -> bool {
    matches!(fault, Fault::Lost | Fault::Useless)
}

impl<DB: Engine> Drop for Lease<DB> {
    fn drop(&mut self) {
        let Sourced::Application(connection) = &mut self.connection else {
            return;
        };
        let is_open = !self.has_ended && self.commits == Commits::OnRequest;
        if self.is_spent || is_open {
            connection.close_on_drop();
            return;
        }
        // A connection to SQLite does not fall silent, and one to memory must not be closed.
        if DB::NAME == "SQLite" {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            // A `PoolConnection` does the same when it is dropped, but without the limit. After
            // the limit the connection is dropped, and its place is free.
            let returned = connection.return_to_pool();
            runtime.spawn(async move { within(RETURN_LIMIT, returned).await });
        }
    }
}
