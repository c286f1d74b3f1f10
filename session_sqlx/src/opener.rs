use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session::store::retry_pause;
use sqlx::error::DatabaseError;
use sqlx::{ConnectOptions, Connection, Database, Error};
use tokio::time::Instant;

/// A database whose connections the store opens itself.
pub(crate) trait Opens: Database {
    /// Prepares a connection that was opened with these options.
    fn prepare(
        _connection: &mut Self::Connection,
        _options: &Options<Self>,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        async { Ok(()) }
    }

    /// Returns `true` if the server refuses a connection, but may accept another one soon.
    fn is_refusal(error: &dyn DatabaseError) -> bool {
        error.is_transient_in_connect_phase()
    }
}

pub(crate) type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// Opens the connections of a store.
pub(crate) struct Opener<DB: Opens> {
    options: Arc<Options<DB>>,
    /// The time and the reason of the last refusal, unless a connection was opened since.
    refusal: Mutex<Option<(Instant, Error)>>,
    is_closed: AtomicBool,
}

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

impl<DB: Opens> Opener<DB> {
    pub(crate) fn new(options: Options<DB>) -> Self {
        Self {
            options: Arc::new(options),
            refusal: Mutex::new(None),
            is_closed: AtomicBool::new(false),
        }
    }

    pub(crate) fn options(&self) -> &Arc<Options<DB>> {
        &self.options
    }

    /// Opens no connection any more.
    #[cfg(feature = "sqlite")]
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Opens a connection. As long as the server refuses, it tries again.
    pub(crate) async fn open(&self) -> Result<DB::Connection, Error> {
        let mut failed = 0;
        loop {
            let opened = self.try_to_open().await;
            match opened {
                Err(Error::Database(error)) if DB::is_refusal(&*error) => {
                    *self.refusal() = Some((Instant::now(), Error::Database(error)));
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {}
                outcome => return outcome,
            }
            failed += 1;
            tokio::time::sleep(retry_pause(failed, FIRST_PAUSE, LONGEST_PAUSE)).await;
        }
    }

    async fn try_to_open(&self) -> Result<DB::Connection, Error> {
        if self.is_closed() {
            return Err(Error::PoolClosed);
        }
        let mut connection = self.options.connect().await?;
        DB::prepare(&mut connection, &self.options).await?;
        *self.refusal() = None;
        Ok(connection)
    }

    /// Returns the error of an operation that has waited for a connection that long: the reason of
    /// a refusal meanwhile, if there was one.
    pub(crate) fn timeout(&self, waited: Duration) -> Error {
        match self.refusal().take() {
            Some((at, error)) if at.elapsed() <= waited => error,
            _ => Error::PoolTimedOut,
        }
    }

    fn refusal(&self) -> MutexGuard<'_, Option<(Instant, Error)>> {
        // Nothing is half done after a panic: a holder of the lock moves one value.
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use sqlx::Postgres;
    use sqlx::postgres::{PgConnectOptions, PgSslMode};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const ATTEMPTS: u32 = 50;

    /// The message of a server that starts.
    const REFUSAL: &[u8] = b"E\0\0\0\x1dSFATAL\0C57P03\0Mstarting\0\0";

    /// Refuses each connection, and returns the time that the attempts take.
    async fn refuse(listener: TcpListener) -> Duration {
        let begun = Instant::now();
        for _ in 0..ATTEMPTS {
            let (mut client, _) = listener.accept().await.unwrap();
            _ = client.read(&mut [0; 1024]).await.unwrap();
            client.write_all(REFUSAL).await.unwrap();
        }
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_refuses_connections_is_asked_again_and_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1");
        let options = options.port(listener.local_addr().unwrap().port());
        let opener = Opener::<Postgres>::new(options.ssl_mode(PgSslMode::Disable));
        tokio::select! {
            _ = opener.open() => panic!("the server refuses connections"),
            elapsed = refuse(listener) => assert!(elapsed <= LONGEST_PAUSE * ATTEMPTS, "{elapsed:?}"),
        }
        let waited = Duration::from_secs(2);
        assert!(matches!(opener.timeout(waited), Error::Database(_)));
        assert!(matches!(opener.timeout(waited), Error::PoolTimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_from_before_an_operation_is_not_its_error() {
        let options = PgConnectOptions::new_without_pgpass();
        let opener = Opener::<Postgres>::new(options);
        *opener.refusal() = Some((Instant::now(), Error::WorkerCrashed));
        tokio::time::advance(Duration::from_secs(3)).await;
        let error = opener.timeout(Duration::from_secs(2));
        assert!(matches!(error, Error::PoolTimedOut));
    }
}
