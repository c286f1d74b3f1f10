//! Requests of arbitrary bytes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::response::Response;

/// Sends a `GET` with these values of `Cookie` headers.
pub(crate) async fn get(shop: SocketAddr, path: &str, cookies: &[&[u8]]) -> Response {
    request(shop, "GET", path, cookies, "").await
}

/// Sends a `POST` with a form that is encoded already.
pub(crate) async fn post(shop: SocketAddr, path: &str, cookie: &str, form: &str) -> Response {
    request(shop, "POST", path, &[cookie.as_bytes()], form).await
}

pub(crate) async fn request(
    shop: SocketAddr,
    method: &str,
    path: &str,
    cookies: &[&[u8]],
    form: &str,
) -> Response {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {shop}\r\nConnection: close\r\n");
    if method == "POST" {
        let length = form.len();
        request += "Content-Type: application/x-www-form-urlencoded\r\n";
        request += &format!("Content-Length: {length}\r\n");
    }
    let mut request = request.into_bytes();
    for cookie in cookies {
        request.extend([b"Cookie: ", *cookie, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    request.extend(form.as_bytes());
    exchange(shop, &request).await
}

async fn exchange(shop: SocketAddr, request: &[u8]) -> Response {
    let mut stream = TcpStream::connect(shop).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    parse(&String::from_utf8(response).unwrap())
}

fn parse(response: &str) -> Response {
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Response {
        status: status.parse().unwrap(),
        headers: lines.map(header).collect(),
        body: body.to_owned(),
    }
}
