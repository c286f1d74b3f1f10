use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use test_servers::Server;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A network between an application and its server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    silence: Arc<Notify>,
}

impl Proxy {
    /// Starts a proxy in front of this server.
    pub async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let silence = Arc::new(Notify::new());
        tokio::spawn(accept(listener, server.address(), silence.clone()));
        Self { address, silence }
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing more pass through the open connections, and closes none of them, as after a
    /// power cut or a change of a firewall. New connections are not affected.
    pub fn silence(&self) {
        self.silence.notify_waiters();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, silence: Arc<Notify>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, server, silence.clone()));
    }
}

async fn connect(mut client: TcpStream, server: SocketAddr, silence: Arc<Notify>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let is_silent = tokio::select! {
        () = silence.notified() => true,
        _closed = copy_bidirectional(&mut client, &mut server) => false,
    };
    if is_silent {
        // Keeps both ends open.
        std::future::pending().await
    }
}
