use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

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

#[derive(Debug)]
struct Network {
    /// The last connection went to the first one.
    servers: Mutex<VecDeque<SocketAddr>>,
    silence: Notify,
    cut: Notify,
    messages: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy in front of this server.
    pub async fn to(server: &Server) -> Self {
        Self::to_each_of(std::slice::from_ref(server)).await
    }

    /// Starts a proxy that leads each connection to another one of the servers than the connection
    /// before it.
    pub async fn to_each_of(servers: &[Server]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = Arc::new(Network {
            servers: Mutex::new(servers.iter().map(Server::address).collect()),
            silence: Notify::new(),
            cut: Notify::new(),
            messages: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, network.clone()));
        Self { address, network }
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections to another server.
    pub fn lead_to(&self, server: &Server) {
        *self.network.servers() = [server.address()].into();
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

impl Network {
    fn servers(&self) -> MutexGuard<'_, VecDeque<SocketAddr>> {
        self.servers.lock().unwrap()
    }

    /// The server of the next connection.
    fn next_server(&self) -> SocketAddr {
        let mut servers = self.servers();
        servers.rotate_left(1);
        servers[0]
    }
}

async fn accept(listener: TcpListener, network: Arc<Network>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, network.clone()));
    }
}

async fn connect(mut client: TcpStream, network: Arc<Network>) {
    let server = network.next_server();
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
