use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use test_servers::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A network between an application and its server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    network: Arc<Network>,
}

#[derive(Debug, Default)]
struct Network {
    silence: Notify,
    cut: Notify,
    messages: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy in front of this server.
    pub async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = Arc::<Network>::default();
        tokio::spawn(accept(listener, server.address(), network.clone()));
        Self { address, network }
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing more pass through the open connections, and closes none of them, as after a
    /// power cut or a change of a firewall. New connections are not affected.
    pub fn silence(&self) {
        self.network.silence.notify_waiters();
    }

    /// Closes the open connections. New connections are not affected.
    pub fn cut(&self) {
        self.network.cut.notify_waiters();
    }

    /// The number of pieces that clients have sent: of messages, if each waits for the answer to
    /// the one before it.
    pub fn messages(&self) -> usize {
        self.network.messages.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, network: Arc<Network>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, server, network.clone()));
    }
}

async fn connect(mut client: TcpStream, server: SocketAddr, network: Arc<Network>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let is_silent = tokio::select! {
        () = network.silence.notified() => true,
        () = network.cut.notified() => false,
        _closed = pass(&mut client, &mut server, &network.messages) => false,
    };
    if is_silent {
        // Keeps both ends open.
        std::future::pending().await
    }
}

/// Passes everything on, until one of the two closes its connection.
async fn pass(
    client: &mut TcpStream,
    server: &mut TcpStream,
    messages: &AtomicUsize,
) -> io::Result<()> {
    _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let requests = async {
        let mut piece = [0; 8 * 1024];
        loop {
            match from_client.read(&mut piece).await? {
                0 => return Ok(()),
                len => to_server.write_all(&piece[..len]).await?,
            }
            messages.fetch_add(1, Ordering::SeqCst);
        }
    };
    let answers = async { copy(&mut from_server, &mut to_client).await.map(|_| ()) };
    tokio::select! {
        end = requests => end,
        end = answers => end,
    }
}
