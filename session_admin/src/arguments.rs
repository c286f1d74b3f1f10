use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use session::time::UtcDateTime;
use session::{Principal, SessionId};

use crate::failure::USAGE;
use crate::output::printable;
use crate::store_options::StoreOptions;
use crate::times::parse_past;

/// Looks after the HTTP sessions of an application: lists them, ends them, and checks their store.
///
/// It shows neither a secret nor a value of a session.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) store: StoreOptions,

    /// Prints JSON, for scripts: one object, or an array of objects
    ///
    /// Times are in UTC by RFC 3339. Errors are sentences on the standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates the table, or brings it to the form that this release needs
    ///
    /// It does what an application does when it starts. Redis requires nothing.
    Migrate,

    /// Checks the store: connection, schema, eviction, clock, and the time of an operation
    ///
    /// It changes nothing. The exit code is 1 if a check fails. A warning is not a failure.
    Check,

    /// Lists the live sessions of a principal, the most recently used first
    ///
    /// The deadline is the one in the store. An application that has shortened its timeouts, or has
    /// set `session.state.valid_from`, may end a session earlier.
    List {
        /// The owner of the sessions, as the application names it: usually the key of a user
        ///
        /// Write `--` before one that may begin with a hyphen.
        principal: Principal,
    },

    /// Shows a session: its owner, times, label, lifetime, and the size of its state
    Show {
        /// The id of the session, from a list or a log
        id: SessionId,
    },

    /// Ends a session, also one whose record cannot be read
    Revoke {
        /// The id of the session, from a list or a log
        id: SessionId,
    },

    /// Ends all sessions of a principal
    ///
    /// It does not see a log-in that is under way. It asks first, unless `--yes` is given.
    RevokeAll {
        /// The owner of the sessions, as the application names it: usually the key of a user
        ///
        /// Write `--` before one that may begin with a hyphen.
        principal: Principal,

        #[command(flatten)]
        confirmation: Confirmation,
    },

    /// Ends all sessions that were created at or before a time, anonymous ones included
    ///
    /// It is for the time after a breach. A log-in does not change the time of creation. A session
    /// that begins later is left alone. A session without a record, which lives in a cookie, goes
    /// on: `session.state.valid_from` of the application ends it. The clocks of the applications
    /// have set the times of creation: one that is ahead dates its sessions too late. The command
    /// asks first, unless `--yes` is given.
    RevokeEverything {
        /// The time: `now` by the clock of this machine, or by RFC 3339: 2026-11-27T09:30:00Z
        #[arg(long, value_name = "TIME", value_parser = parse_past)]
        before: UtcDateTime,

        #[command(flatten)]
        confirmation: Confirmation,
    },

    /// Counts the sessions: live ones, anonymous ones, and by age
    ///
    /// The age counts from the beginning of a session, and a log-in does not change it. As in a
    /// list, the deadline is the one in the store. A record is unreadable if a newer release wrote
    /// it, or if its times, its label or its lifetime are damaged; its state is not read. A session
    /// without a record, which lives in a cookie, is not counted.
    ///
    /// The command reads all records in many steps, and locks none. A session that begins or ends
    /// meanwhile may be counted or not. Each other one is counted once, which requires up to 60
    /// bytes of memory for each. On a cluster of Redis, the command fails while slots are being
    /// moved.
    #[command(after_help = STATS_HELP)]
    Stats,

    /// Deletes the records of sessions that have expired
    ///
    /// Applications do it in the background, and Redis does it itself. The clock of this machine
    /// decides what has expired: if it is ahead, live sessions end. On Redis, the command fails if
    /// the clocks differ by more than a second.
    Sweep,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Confirmation {
    /// Does not ask; required if the standard input is not a terminal
    #[arg(long, short)]
    pub(crate) yes: bool,
}

const AFTER_HELP: &str = "\
Stores:
  sqlite:/var/lib/shop/sessions.db
  postgres://user:password@host/database
  mysql://user:password@host/database      MySQL or MariaDB
  redis://user:password@host:6379/0        Redis or Valkey; rediss:// with TLS
  In a password, write /, ?, #, % and @ as %2F, %3F, %23, %25 and %40.

Exit codes:
  0  The command is done.
  1  It failed, or the answer to its question was not yes.
  2  The arguments make no sense.
  3  There is no such session, or the principal has none.

Examples:
  export SESSION_KIT_URL=postgres://app:password@localhost/shop
  session-kit check
  session-kit list 42
  session-kit revoke-all --yes -- \"$USER_ID\"
  session-kit revoke-everything --before 2026-11-27T09:30:00Z
  session-kit stats --json | jq .live
  session-kit list 42 --json | jq --raw-output '.[].id'";

const STATS_HELP: &str = "\
With --json:
  live, logged_in, remembered, anonymous, expired, unreadable
         numbers of sessions; `live` is the sum of `logged_in` and `anonymous`
  ages   an array with `from_seconds`, `until_seconds` and `sessions` of each group, in which the
         last `until_seconds` is null

Examples:
  session-kit stats
  session-kit stats --json | jq .live
  session-kit stats --json | jq '.ages[] | select(.from_seconds >= 2592000)'";

/// Prints the help, or the reason why the arguments make no sense.
pub(crate) fn report(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody reads a help that cannot be written.
        _ = error.print();
        return ExitCode::SUCCESS;
    }
    // The form in which clap quotes an argument that is not UTF-8.
    let arguments = env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let message = without_secrets(error.to_string(), arguments);
    let lines: Vec<_> = message.lines().map(printable).collect();
    _ = writeln!(io::stderr(), "{}", lines.join("\n"));
    ExitCode::from(USAGE)
}

/// Leaves out arguments that may contain a password, such as a URL in the place of a command.
fn without_secrets(mut message: String, arguments: impl Iterator<Item = String>) -> String {
    for argument in arguments {
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        for secret in [&argument, value] {
            if may_be_secret(secret) {
                message = message.replace(secret, "<hidden>");
            }
        }
    }
    message
}

/// Returns `true` for a URL, also for one without slashes, and `false` for a time.
fn may_be_secret(argument: &str) -> bool {
    let is_time = argument.starts_with(|first: char| first.is_ascii_digit());
    argument.contains('@') || (argument.contains(':') && !is_time)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_free_of_contradictions() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_argument_that_may_be_a_secret_is_left_out_of_an_error() {
        for (argument, quoted, shown) in [
            ("redis://:s3cret@host", "redis://:s3cret@host", "<hidden>"),
            ("--urll=my://a:s3cret@b", "my://a:s3cret@b", "<hidden>"),
            (
                "postgres:app:s3cret@host",
                "postgres:app:s3cret@host",
                "<hidden>",
            ),
            ("postgres:app:s3cret", "postgres:app:s3cret", "<hidden>"),
            ("3cret@host", "3cret@host", "<hidden>"),
            (
                "--before=2026-13-27T09:30:00Z",
                "2026-13-27T09:30:00Z",
                "2026-13-27T09:30:00Z",
            ),
            ("lst", "lst", "lst"),
        ] {
            let arguments = ["session-kit", argument].map(str::to_owned);
            let message = without_secrets(format!("not '{quoted}'"), arguments.into_iter());
            assert_eq!(message, format!("not '{shown}'"));
        }
    }
}
