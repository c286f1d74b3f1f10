use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A network between the application and its server.
pub(crate) struct Proxy {
    address: SocketAddr,
    silence: Arc<Notify>,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let silence = Arc::new(Notify::new());
        tokio::spawn(accept(listener, server, silence.clone()));
        Self { address, silence }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing comes through the connections that there are, and neither end learns of it,
    /// as after a power cut or a change of a firewall. New connections are not affected.
    pub(crate) fn silence(&self) {
        self.silence.notify_waiters();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, silence: Arc<Notify>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connection(client, server, silence.clone()));
    }
}

async fn connection(mut client: TcpStream, server: SocketAddr, silence: Arc<Notify>) {
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
