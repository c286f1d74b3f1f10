use std::error::Error;
use std::fmt::{Display, Write};
use std::process::ExitCode;
use std::time::Duration;

use session::store::{StoreError, StoreErrorKind};

/// The reason why a command is not done: a sentence, and the exit code that stands for it.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    pub(crate) message: String,
    pub(crate) advice: Option<&'static str>,
}

/// The exit code of a command that failed.
const FAILED: u8 = 1;

/// The exit code of arguments that make no sense; clap uses it too.
pub(crate) const USAGE: u8 = 2;

/// The exit code of a command that found none of the sessions that it is for.
const NOT_FOUND: u8 = 3;

impl Failure {
    /// A failure with its causes.
    pub(crate) fn new(what: impl Display, error: &dyn Error) -> Self {
        Self::plain(FAILED, with_causes(what, Some(error)))
    }

    /// A failure without a cause.
    pub(crate) fn because(message: impl Into<String>, advice: &'static str) -> Self {
        Self::plain(FAILED, message.into()).advise(advice)
    }

    /// The failure to connect to a store.
    pub(crate) fn of_connection(what: impl Display, error: &StoreError) -> Self {
        let mut failure = Self::of_store(what, error);
        failure.message = failure.message.replace(CLUSTER.0, CLUSTER.1);
        match error.kind() {
            StoreErrorKind::Timeout | StoreErrorKind::Unavailable => failure.advise(
                "check the host, the user and the password of the URL, and that the server runs or \
                 the file exists; `session-kit check` tests the store",
            ),
            _ => failure,
        }
    }

    /// The failure of an operation on a store that was there when the command began.
    pub(crate) fn of_store(what: impl Display, error: &StoreError) -> Self {
        let kind = error.kind();
        let what = match message(kind) {
            Some(message) => format!("{what}: {message}"),
            None => what.to_string(),
        };
        Self {
            advice: advice(kind),
            ..Self::plain(FAILED, with_causes(what, error.source()))
        }
    }

    /// The failure of a store operation that had too little time.
    pub(crate) fn timeout(what: impl Display, limit: Duration) -> Self {
        let limit = humantime::format_duration(limit);
        let message = format!("{what}: there was no answer within {limit}");
        Self::plain(FAILED, message).advise("a longer `--timeout` may help")
    }

    /// There are no such sessions.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::plain(NOT_FOUND, message.into())
    }

    /// The arguments make no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::plain(USAGE, message.into())
    }

    /// The arguments make no sense, for these causes.
    pub(crate) fn usage_of(what: impl Display, error: &dyn Error) -> Self {
        let mut message = with_causes(what, Some(error));
        for (key, option) in OPTIONS {
            message = message.replace(key, option);
        }
        Self::usage(message)
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    /// Returns `true` if the arguments are the reason, and not the store.
    pub(crate) fn is_usage(&self) -> bool {
        self.code == USAGE
    }

    fn plain(code: u8, message: String) -> Self {
        Self {
            code,
            message,
            advice: None,
        }
    }

    fn advise(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }
}

/// The options that stand for keys of an application's configuration. Those that begin alike have
/// the longest first.
const OPTIONS: [(&str, &str); 13] = [
    ("session_redis.master_name", "--master-name"),
    ("session_redis.mode: sentinel", "--redis-mode sentinel"),
    ("session_redis.mode", "--redis-mode"),
    ("session_redis.sentinel_", "--sentinel-"),
    ("session_redis.tls.ca", "--tls-ca"),
    ("session_redis.tls.certificate", "--tls-certificate"),
    ("session_redis.tls.key", "--tls-key"),
    ("`session_redis.tls`", "`--tls-…`"),
    (" of `session_redis`", ""),
    ("use `session_redis.url`", "give one"),
    ("session_redis.urls", "--url"),
    ("session_redis.url", "--url"),
    ("session_sqlx.url", "--url"),
];

/// The change to an application for a cluster, and the option that stands for it.
const CLUSTER: (&str, &str) = (
    "`session_redis.mode: cluster`, or connect by `RedisSessionStore::cluster`",
    "`--redis-mode cluster`",
);

fn with_causes(what: impl Display, mut cause: Option<&dyn Error>) -> String {
    let mut text = what.to_string();
    while let Some(error) = cause {
        // A `String` can always be written to.
        _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// The message of a kind for which that of the library names a setting of an application.
fn message(kind: StoreErrorKind) -> Option<&'static str> {
    match kind {
        StoreErrorKind::Timeout => Some("the store did not answer in time"),
        StoreErrorKind::Unavailable => Some("the store is not available"),
        StoreErrorKind::Full => Some("the store is full"),
        StoreErrorKind::InvalidRecord => Some("the record cannot be read"),
        _ => None,
    }
}

fn advice(kind: StoreErrorKind) -> Option<&'static str> {
    match kind {
        StoreErrorKind::Timeout | StoreErrorKind::Unavailable => {
            Some("`session-kit check` tests the store")
        }
        StoreErrorKind::InvalidRecord => Some(
            "it is damaged, or a newer release wrote it: use that release of `session-kit`, or end \
             the session by `session-kit revoke`",
        ),
        _ => None,
    }
}
