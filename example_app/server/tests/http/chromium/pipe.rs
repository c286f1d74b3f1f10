use std::collections::VecDeque;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// A Chromium with a profile of its own, and a connection to it: the Chrome DevTools Protocol over
/// a pipe.
///
/// A pipe needs no port. Chromium ends when the pipe closes, even if this process is killed.
#[derive(Debug)]
pub(super) struct Pipe {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    /// The id of the tab, once there is one.
    session: Option<String>,
    events: VecDeque<Value>,
    profile: TempDir,
}

/// The time limit for each answer of Chromium, long enough for a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The shell command that connects the pipes: Chromium reads from descriptor 3 and writes to 4.
const REDIRECTED: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>&2"#;

/// The arguments for a Chromium without a window, without a graphics card, and without requests of
/// its own.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
];

impl Pipe {
    /// Starts a Chromium with these arguments beside the usual ones.
    pub(super) async fn open(arguments: &[&str]) -> Self {
        Self::open_with(tempfile::tempdir().unwrap(), arguments).await
    }

    async fn open_with(profile: TempDir, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", REDIRECTED]);
        command.arg(test_servers::chromium().unwrap());
        command.args(ARGUMENTS).args(arguments);
        if test_servers::is_root() {
            // Chromium's sandbox does not work for root.
            command.arg("--no-sandbox");
        }
        let folder = profile.path();
        command.arg(format!("--user-data-dir={}", folder.join("data").display()));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut pipe = Self {
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
            calls: 0,
            session: None,
            events: VecDeque::new(),
            profile,
        };
        pipe.open_tab().await;
        pipe
    }

    async fn open_tab(&mut self) {
        let blank = json!({ "url": "about:blank" });
        let target = self.call("Target.createTarget", blank).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", attach).await;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
    }

    /// Ends Chromium, and starts it again with the same profile.
    pub(super) async fn restart(self) -> Self {
        let profile = self.close().await;
        Self::open_with(profile, &[]).await
    }

    /// Ends Chromium and waits for its end. Returns the profile.
    pub(super) async fn close(mut self) -> TempDir {
        self.session = None;
        self.call("Browser.close", json!({})).await;
        timeout(LIMIT, self.child.wait()).await.unwrap().unwrap();
        self.profile
    }

    /// Calls a method and returns its result.
    pub(super) async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        self.to
            .write_all(call.to_string().as_bytes())
            .await
            .unwrap();
        self.to.write_all(b"\0").await.unwrap();
        loop {
            let mut message = self.read(method).await;
            if message["id"] == id {
                let error = &message["error"];
                assert!(error.is_null(), "{method} {parameters}: {error}");
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event, unless it has arrived already, and removes it from the queue.
    pub(super) async fn event(&mut self, method: &str) {
        self.event_that(method, |event| event["method"] == method)
            .await;
    }

    /// Waits for an event of a kind that `name` describes, and removes it from the queue.
    pub(super) async fn event_that(&mut self, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let index = self.events.iter().position(&is_it);
        if let Some(event) = index.and_then(|index| self.events.remove(index)) {
            return event;
        }
        loop {
            let message = self.read(name).await;
            if is_it(&message) {
                return message;
            }
            self.events.push_back(message);
        }
    }

    /// Removes and returns all events in the queue.
    pub(super) fn take_events(&mut self) -> Vec<Value> {
        self.events.drain(..).collect()
    }

    async fn read(&mut self, for_what: &str) -> Value {
        let mut message = Vec::new();
        let read = timeout(LIMIT, self.from.read_until(0, &mut message)).await;
        let read = read.unwrap_or_else(|_| panic!("{for_what}: Chromium does not answer"));
        let Some(0) = read.map(|_| message.pop()).unwrap() else {
            let log = std::fs::read_to_string(self.profile.path().join("log"));
            panic!("{for_what}: Chromium has ended: {}", log.unwrap());
        };
        serde_json::from_slice(&message).unwrap()
    }
}
