use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// A way to a server, open at first. Once it is closed, a command passes only when it is let through.
///
/// It takes what comes in one piece for one command, so it is for those that do not ask before they were answered.
pub(crate) struct Gate {
    /// The server, behind the gate.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    is_open: AtomicBool,
    permits: Semaphore,
    /// An answer passed.
    answered: Notify,
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

    /// Returns when the next command was answered. There has to be one, now or soon.
    pub(crate) async fn let_one_pass(&self) {
        let answered = self.shared.answered.notified();
        self.shared.permits.add_permits(1);
        let limit = std::time::Duration::from_millis(300);
        // Who has nothing more to say is not waited for.
        if tokio::time::timeout(limit, answered).await.is_err() {
            _ = self
                .shared
                .permits
                .try_acquire()
                .map(|permit| permit.forget());
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(server).await.unwrap();
        tokio::spawn(pass(client, server, shared.clone()));
    }
}

async fn pass(client: TcpStream, server: TcpStream, shared: Arc<Shared>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = shared.clone();
    tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            to_client.write_all(&buffer[..count]).await.unwrap();
            answers.answered.notify_waiters();
        }
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
        if !shared.is_open.load(Ordering::SeqCst) {
            shared.permits.acquire().await.unwrap().forget();
        }
        if to_server.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
