use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Another site than the shop, with one page at every path.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) address: SocketAddr,
    server: JoinHandle<()>,
}

impl Site {
    pub(super) async fn open(html: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            server: tokio::spawn(async move {
                loop {
                    let (mut visitor, _) = listener.accept().await.unwrap();
                    // Errors are ignored: the browser may have closed the connection.
                    _ = visitor.read(&mut [0; 4096]).await;
                    let length = html.len();
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                         Connection: close\r\n\r\n"
                    );
                    _ = visitor.write_all(head.as_bytes()).await;
                    _ = visitor.write_all(html.as_bytes()).await;
                }
            }),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
