//! The process under test, and a store that a test has for itself.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use session::SessionId;
use session::store::SessionStorageBackend;

const COMMAND: &str = env!("CARGO_BIN_EXE_session-kit");

/// A store, and the arguments that lead to it.
pub(crate) struct Fixture {
    pub(crate) url: String,
    /// The option with the table or the prefix.
    pub(crate) place: String,
    pub(crate) backend: Box<dyn SessionStorageBackend>,
    pub(crate) database: Box<dyn Database>,
}

/// Access to a database behind the back of its store.
#[async_trait::async_trait]
pub(crate) trait Database {
    /// Lets a record look as if a newer release had written it.
    async fn make_newer(&self, id: SessionId);

    /// Deletes everything that the test has made.
    async fn clear(&self);
}

/// The outcome of a process.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Fixture {
    /// Runs the command with these arguments, separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Outcome {
        let words = [&*self.place].into_iter().chain(arguments.split(' '));
        run(Some(&self.url), &words.collect::<Vec<_>>())
    }

    /// Returns the process with these arguments, separated by spaces. It is not started.
    #[cfg(unix)]
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(COMMAND);
        command.arg(&self.place).args(arguments.split(' '));
        command.env("SESSION_KIT_URL", &self.url);
        command
    }

    /// Runs a shell script that calls the command, with a variable in the environment.
    pub(crate) fn run_script(&self, script: &str, variable: &str, value: &str) -> Outcome {
        let mut shell = Command::new("sh");
        shell.env("COMMAND", COMMAND).env("PLACE", &self.place);
        shell.env("SESSION_KIT_URL", &self.url).env(variable, value);
        let script = script.replace("session-kit", r#""$COMMAND" "$PLACE""#);
        Outcome::of(shell.args(["-c", &script]))
    }

    /// Runs the command, which must succeed, and returns its JSON.
    pub(crate) fn json(&self, arguments: &str) -> Value {
        let outcome = self.run(&format!("{arguments} --json"));
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.json()
    }

    pub(crate) async fn holds(&self, id: SessionId) -> bool {
        self.backend.load(id).await.unwrap().is_some()
    }
}

impl Outcome {
    fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            output: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Checks the exit code, and that the errors contain a text.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, error: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.errors.contains(error), "{self:?}");
    }
}

/// Runs the command without a terminal, with this URL in the environment.
pub(crate) fn run(url: Option<&str>, arguments: &[impl AsRef<OsStr>]) -> Outcome {
    let mut command = Command::new(COMMAND);
    command.env_remove("SESSION_KIT_URL");
    command.envs(url.map(|url| ("SESSION_KIT_URL", url)));
    Outcome::of(command.args(arguments))
}

/// Returns the URL of a server that the tests share.
///
/// Without one the test fails: a skipped test would look as if it had passed.
pub(crate) fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("the environment variable `{variable}` is missing: run `cargo xtask test`")
    })
}

/// Returns a name that no other test uses, in this run or in another one at the same time.
pub(crate) fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("admin_{}_{n}_{}", std::process::id(), now.as_micros())
}
