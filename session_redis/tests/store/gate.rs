use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// A proxy of a server, open at first. While it is closed, a command passes only when it is let
/// through.
///
/// It takes each piece of data for one command, so it suits a client that waits for each answer
/// before it sends the next command.
pub(crate) struct Gate {
    /// The URL of the server, by way of the gate.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    is_open: AtomicBool,
    permits: Semaphore,
    /// Notified when an answer has passed.
    answered: Notify,
    /// The number of milliseconds that are subtracted from each answer that is a time.
    behind: AtomicI64,
    /// The number of connections that have fallen silent: the first ones.
    silent: AtomicUsize,
    connections: AtomicUsize,
}

impl Gate {
    pub(crate) async fn before(url: &str) -> Self {
        let info = url.parse::<redis::ConnectionInfo>().unwrap();
        let server = info.addr().to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            is_open: AtomicBool::new(true),
            permits: Semaphore::new(0),
            answered: Notify::new(),
            behind: AtomicI64::new(0),
            silent: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, server.parse().unwrap(), shared.clone()));
        Self {
            url: url.replace(&server, &address),
            shared,
        }
    }

    pub(crate) fn close(&self) {
        self.shared.is_open.store(false, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.shared.is_open.store(true, Ordering::SeqCst);
        self.shared.permits.add_permits(1_000);
    }

    /// Lets one command through and returns when it was answered. If there is none, returns soon.
    pub(crate) async fn let_one_pass(&self) {
        let answered = self.shared.answered.notified();
        self.shared.permits.add_permits(1);
        let limit = Duration::from_millis(300);
        if tokio::time::timeout(limit, answered).await.is_err() {
            let permit = self.shared.permits.try_acquire();
            _ = permit.map(|permit| permit.forget());
        }
    }

    /// From now on, no command passes on the connections that there are. New ones work.
    pub(crate) fn silence(&self) {
        let connections = self.shared.connections.load(Ordering::SeqCst);
        self.shared.silent.store(connections, Ordering::SeqCst);
    }

    /// From now on, no command passes on any connection.
    pub(crate) fn silence_all(&self) {
        self.shared.silent.store(usize::MAX, Ordering::SeqCst);
    }

    /// The number of connections that were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// From now on, the client sees the clock of the server behind by that.
    pub(crate) fn set_back(&self, by: Duration) {
        let behind = i64::try_from(by.as_millis()).unwrap();
        self.shared.behind.store(behind, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let (from_client, to_client) = client.into_split();
        let server = TcpStream::connect(server).await.unwrap();
        let (from_server, to_server) = server.into_split();
        tokio::spawn(pass_answers(from_server, to_client, shared.clone()));
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(pass_commands(
            number,
            from_client,
            to_server,
            shared.clone(),
        ));
    }
}

async fn pass_answers(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, shared: Arc<Shared>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = server.read(&mut buffer).await {
        let answer = shared.with_clock_set_back(&buffer[..count]);
        client.write_all(&answer).await.unwrap();
        shared.answered.notify_waiters();
    }
}

async fn pass_commands(
    number: usize,
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    shared: Arc<Shared>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = client.read(&mut buffer).await {
        if number < shared.silent.load(Ordering::SeqCst) {
            continue;
        }
        if !shared.is_open.load(Ordering::SeqCst) {
            shared.permits.acquire().await.unwrap().forget();
        }
        if server.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

impl Shared {
    /// Changes an answer that is a time in milliseconds: an integer of 13 digits.
    fn with_clock_set_back(&self, answer: &[u8]) -> Vec<u8> {
        let time = || {
            let digits = answer.strip_prefix(b":")?.strip_suffix(b"\r\n")?;
            let digits = str::from_utf8(digits).ok().filter(|it| it.len() == 13)?;
            digits.parse::<i64>().ok()
        };
        match time() {
            Some(time) => {
                let time = time - self.behind.load(Ordering::SeqCst);
                format!(":{time}\r\n").into_bytes()
            }
            None => answer.to_vec(),
        }
    }
}
