//! A server of a project, and visits to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};

/// The longest time from the start of the server to its first answer.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The longest time for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A process that ends with this value.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
    /// The lines that it prints.
    output: Receiver<String>,
}

/// The level of an error in an event that the server prints.
const ERROR: &str = "\"level\":50";

impl Server {
    /// Starts the program on a free port of the loopback interface, with further variables.
    pub(super) fn start(
        program: &Path,
        folder: &Path,
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let mut process = Command::new(program)
            .current_dir(folder)
            .env("PX_PROFILE", "dev")
            .env("PX_SERVER__IP", "127.0.0.1")
            .env("PX_SERVER__PORT", "0")
            .env("RUST_LOG", "info")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = process.stdout.take().context("its output is a pipe")?;
        let mut server = Self {
            process,
            address: ([127, 0, 0, 1], 0).into(),
            output: lines(output),
        };
        server.address = address(&server.output)?;
        Ok(server)
    }

    /// Ends the server. It must not have logged an error.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        let errors = self.output.iter().filter(|line| line.contains(ERROR));
        let errors: Vec<_> = errors.collect();
        ensure!(errors.is_empty(), "the server has logged {errors:#?}");
        Ok(())
    }

    pub(super) fn get(&self, path: &str, cookie: Option<&str>) -> anyhow::Result<Answer> {
        self.send("GET", path, cookie)
    }

    pub(super) fn post(&self, path: &str, cookie: Option<&str>) -> anyhow::Result<Answer> {
        self.send("POST", path, cookie)
    }

    fn send(&self, method: &str, path: &str, cookie: Option<&str>) -> anyhow::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.address, ANSWER_LIMIT)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        let host = self.address;
        let cookie = cookie.map_or_else(String::new, |it| format!("Cookie: {it}\r\n"));
        let length = "Content-Length: 0\r\nConnection: close\r\n";
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}{cookie}\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Answer::parse(&answer).with_context(|| format!("{method} {path}: no answer in HTTP"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nothing to be done about a process that has ended already.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Reads all lines in the background, until the program ends.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The pipe must not fill, so lines are read even after the receiver is gone.
            _ = sender.send(line);
        }
    });
    receiver
}

/// Reads the address from the event that announces it.
fn address(lines: &Receiver<String>) -> anyhow::Result<SocketAddr> {
    let mut printed = String::new();
    loop {
        let line = lines
            .recv_timeout(START_LIMIT)
            .map_err(|_| anyhow!("the server does not listen; it has printed:\n{printed}"))?;
        let address = line.split_once("incoming requests at ");
        let address = address.and_then(|(_, rest)| rest.split('"').next());
        if let Some(address) = address {
            return Ok(address.parse()?);
        }
        printed.push_str(&line);
        printed.push('\n');
    }
}

/// An answer of the server.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The cookie in its first `Set-Cookie`: name and value.
    pub(super) cookie: Option<String>,
    pub(super) body: String,
}

impl Answer {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut headers = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        let cookie = headers.find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let pair = cookie.and_then(|(_, value)| value.split(';').next());
        Some(Self {
            status,
            cookie: pair.map(str::to_owned),
            body: body.to_owned(),
        })
    }

    /// The cookie that the answer sets.
    pub(super) fn new_cookie(self) -> anyhow::Result<String> {
        self.cookie.context("the answer sets no cookie")
    }

    pub(super) fn expect(self, status: u16, body: &str) -> anyhow::Result<Self> {
        ensure!(
            self.status == status && self.body.contains(body),
            "expected status {status} and a body with {body:?}, got {self:?}"
        );
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_a_cookie_and_a_body() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\nset-cookie: id=a=b; Path=/\r\n\r\n1";
        let answer = Answer::parse(text).expect("an answer");
        let expected = Answer {
            status: 200,
            cookie: Some("id=a=b".into()),
            body: "1".into(),
        };
        assert_eq!(answer, expected);
        assert_eq!(Answer::parse("nonsense"), None);
    }

    #[test]
    fn the_address_is_read_from_the_event_that_announces_it() {
        let output = "{\"msg\":\"before\"}\n{\"msg\":\"Starting to listen for incoming requests at 127.0.0.1:8000\",\"v\":0}\n";
        let address = address(&lines(output.as_bytes())).expect("an address");
        assert_eq!(address, ([127, 0, 0, 1], 8000).into());
    }

    #[test]
    fn the_output_of_a_server_that_ends_is_reported() {
        let error = address(&lines("no store\n".as_bytes())).expect_err("no address");
        assert!(error.to_string().contains("no store"), "{error}");
    }
}
