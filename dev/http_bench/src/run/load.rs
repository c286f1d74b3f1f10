//! Clients that keep one connection each, and send a request when the one before is answered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::contestants::{Contestant, Route};

/// The longest time until an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one connection.
#[derive(Debug)]
pub(super) struct Client {
    connection: BufReader<TcpStream>,
    /// The name and the value of the session cookie.
    cookie: Option<String>,
    line: String,
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            connection: BufReader::new(connection),
            cookie: None,
            line: String::new(),
        })
    }

    /// Connects, and starts a session unless the route does so itself.
    fn for_route(address: SocketAddr, route: Route) -> anyhow::Result<Self> {
        let mut client = Self::connect(address)?;
        if route != Route::New {
            client.visit(Route::New)?;
        }
        Ok(client)
    }

    /// Returns the value in the answer, and keeps the cookie.
    pub(super) fn visit(&mut self, route: Route) -> anyhow::Result<u64> {
        self.send(&self.request(route))?;
        let answer = self.receive()?;
        if let Some(cookie) = answer.cookie {
            self.cookie = Some(cookie);
        }
        Ok(answer.value)
    }

    fn request(&self, route: Route) -> String {
        let path = route.path();
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n");
        if let Some(cookie) = &self.cookie {
            request += &format!("Cookie: theme=dark; {cookie}\r\n");
        }
        request + "\r\n"
    }

    fn send(&mut self, request: &str) -> anyhow::Result<()> {
        Ok(self.connection.get_mut().write_all(request.as_bytes())?)
    }

    fn receive(&mut self) -> anyhow::Result<Answer> {
        ensure!(
            self.line()?.starts_with("HTTP/1.1 200"),
            "the answer is `{}`",
            self.line.trim()
        );
        let (mut length, mut cookie) = (None, None);
        loop {
            let line = self.line()?.trim_end();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.parse()?);
            } else if name.eq_ignore_ascii_case("set-cookie") {
                cookie = value.split(';').next().map(str::to_owned);
            }
        }
        let mut body = vec![0; length.context("the answer has no length")?];
        self.connection.read_exact(&mut body)?;
        let value = str::from_utf8(&body)?.parse()?;
        Ok(Answer { value, cookie })
    }

    fn line(&mut self) -> anyhow::Result<&str> {
        self.line.clear();
        let read = self.connection.read_line(&mut self.line)?;
        ensure!(read > 0, "the server has closed the connection");
        Ok(&self.line)
    }
}

struct Answer {
    value: u64,
    cookie: Option<String>,
}

/// Checks that a server does in each route what the route is for.
pub(super) fn check(address: SocketAddr, contestant: Contestant) -> anyhow::Result<()> {
    let mut client = Client::connect(address)?;
    expect(&mut client, Route::None, 0)?;
    if contestant.has(Route::Untouched) {
        expect(&mut client, Route::Untouched, 0)?;
    }
    expect(&mut client, Route::Read, 0)?;
    ensure!(client.cookie.is_none(), "a visitor got a cookie");
    for route in [Route::New, Route::Write] {
        let written = client.visit(route)?;
        ensure!(written > 0, "{} wrote nothing", route.path());
        ensure!(client.cookie.is_some(), "{} sent no cookie", route.path());
        expect(&mut client, Route::Read, written)?;
        if contestant.has(Route::Recent) {
            expect(&mut client, Route::Recent, written)?;
        }
    }
    Ok(())
}

fn expect(client: &mut Client, route: Route, value: u64) -> anyhow::Result<()> {
    let found = client.visit(route)?;
    ensure!(
        found == value,
        "{} returned {found} in place of {value}",
        route.path()
    );
    Ok(())
}

/// Connections whose sessions have begun.
#[derive(Debug)]
pub(super) struct Load {
    clients: Vec<Client>,
    route: Route,
}

impl Load {
    pub(super) fn prepare(
        address: SocketAddr,
        route: Route,
        clients: usize,
    ) -> anyhow::Result<Self> {
        let clients = (0..clients).map(|_| Client::for_route(address, route));
        let clients = clients.collect::<anyhow::Result<_>>()?;
        Ok(Self { clients, route })
    }

    /// Sends requests for a time. Returns the number of answers.
    pub(super) fn run(self, time: Duration) -> anyhow::Result<u64> {
        let end = Instant::now() + time;
        let route = self.route;
        let threads: Vec<_> = self
            .clients
            .into_iter()
            .map(|mut client| thread::spawn(move || repeat(&mut client, route, end)))
            .collect();
        let mut answers = 0;
        for thread in threads {
            let Ok(done) = thread.join() else {
                bail!("a client panicked");
            };
            answers += done?;
        }
        Ok(answers)
    }
}

fn repeat(client: &mut Client, route: Route, end: Instant) -> anyhow::Result<u64> {
    let request = client.request(route);
    let mut answers = 0;
    while Instant::now() < end {
        client.send(&request)?;
        client.receive()?;
        answers += 1;
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Returns a client, and the end of its connection at the server.
    fn connected() -> (Client, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = Client::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn an_answer_is_read_to_its_end() {
        let (mut client, mut server) = connected();
        for value in [7, 12] {
            let answer = format!(
                "HTTP/1.1 200 OK\r\nSet-Cookie: id={value}; Path=/\r\nContent-Length: {}\r\n\r\n{value}",
                value.to_string().len()
            );
            server.write_all(answer.as_bytes()).unwrap();
            assert_eq!(client.visit(Route::Read).unwrap(), value);
            assert_eq!(client.cookie, Some(format!("id={value}")));
        }
    }

    #[test]
    fn an_error_of_the_server_is_an_error() {
        let (mut client, mut server) = connected();
        server
            .write_all(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")
            .unwrap();
        let error = client.visit(Route::Read).unwrap_err().to_string();
        assert!(error.contains("500"), "{error}");
    }
}
