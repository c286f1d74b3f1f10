//! Arguments, and stores that cannot be reached.

use std::net::TcpListener;

use crate::support::run;

const DATABASE: Option<&str> = Some("sqlite:a.db");

#[test]
fn arguments_that_make_no_sense_are_an_exit_code_of_their_own() {
    for (url, arguments, error) in [
        (DATABASE, "", "Usage"),
        (DATABASE, "lst ada", "a similar subcommand exists"),
        (
            DATABASE,
            "revoke-everything --before tomorrow -y",
            "use `now`",
        ),
        (DATABASE, "sweep --table x-y", "not a valid name"),
        (DATABASE, "sweep --timeout soon", "--timeout"),
        (None, "check", "there is no store"),
    ] {
        refused(url, arguments, error);
    }
    assert!(!std::path::Path::new("a.db").exists());
}

#[test]
fn a_value_that_makes_no_sense_and_may_have_a_password_is_not_shown() {
    for (url, arguments, error) in [
        ("http://:s3cret@host", "check", "unknown scheme"),
        ("postgres://a:s3cret#@host/x", "check", "the URL is invalid"),
        ("redis://:s3cret@", "check", "the URL is invalid"),
        (
            "sqlite:a.db",
            "postgres://a:s3cret@host/x check",
            "unrecognized subcommand '<hidden>'",
        ),
        (
            "sqlite:a.db",
            "postgres:a:s3cret@host check",
            "unrecognized subcommand '<hidden>'",
        ),
        (
            "sqlite:a.db",
            "check --url=my://:s3cret@h",
            "unknown scheme",
        ),
        ("sqlite:a.db", "check --table s3cret!", "not a valid name"),
        (
            "redis://host",
            "check --prefix s3cret!",
            "cannot be the prefix of keys",
        ),
    ] {
        refused(Some(url), arguments, error);
    }
}

#[test]
fn options_that_do_not_fit_together_are_named() {
    for (options, error) in [
        (
            "--redis-mode sentinel",
            "`--master-name` is missing: `--redis-mode sentinel` requires it",
        ),
        (
            "--master-name shop",
            "`--master-name` is set: that requires `--redis-mode sentinel`",
        ),
        (
            "--sentinel-username ada",
            "`--sentinel-username` is set: that requires",
        ),
        (
            "--tls-key a.pem",
            "`--tls-…` is set, but the URLs do not begin with `rediss`",
        ),
        (
            "--url redis://a --url redis://b",
            "`--redis-mode` is `single`: give one, or set `--redis-mode`",
        ),
    ] {
        let arguments = format!("check {options}");
        let outcome = run(
            Some("redis://:s3cret@h"),
            &arguments.split(' ').collect::<Vec<_>>(),
        );
        outcome.expect(2, error);
        assert!(!outcome.errors.contains("session_redis"), "{outcome:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf8_is_refused_and_not_shown() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    for argument in [
        b"redis://:s3cret@h\xff".as_slice(),
        b"--url=redis://:s3cret@h\xff",
        b"--urll=redis://:s3cret@h\xff",
    ] {
        let outcome = run(
            DATABASE,
            &[OsStr::from_bytes(argument), OsStr::new("check")],
        );
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(!outcome.errors.contains("s3cret"), "{outcome:?}");
        assert_eq!(outcome.output, "");
    }
}

#[track_caller]
fn refused(url: Option<&str>, arguments: &str, error: &str) {
    let words = arguments.split(' ').filter(|word| !word.is_empty());
    let outcome = run(url, &words.collect::<Vec<_>>());
    outcome.expect(2, error);
    assert!(!outcome.errors.contains("s3cret"), "{outcome:?}");
    assert_eq!(outcome.output, "");
}

#[test]
fn an_error_about_an_argument_controls_no_terminal() {
    let outcome = run(DATABASE, &["l\u{9b}2J\u{202e}st"]);
    outcome.expect(2, r"l\u{9b}2J\u{202e}st");
    let outcome = run(Some("sqlite:/nowhere/\u{9b}2J.db"), &["list", "ada"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(!outcome.errors.contains('\u{9b}'), "{outcome:?}");
}

#[test]
fn a_store_that_cannot_be_reached_is_named_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    for url in [
        format!("postgres://app:s3cret@{address}/shop"),
        format!("mysql://app:s3cret@{address}/shop"),
        format!("redis://app:s3cret@{address}"),
        "sqlite:/nowhere/at/all.db".to_owned(),
    ] {
        for command in ["list", "check", "stats"] {
            let arguments = [command, "ada", "--timeout", "5s"];
            let arguments = arguments
                .into_iter()
                .filter(|it| *it != "ada" || command == "list");
            let outcome = run(Some(&url), &arguments.collect::<Vec<_>>());
            assert_eq!(outcome.code, 1, "{outcome:?}");
            let shown = format!("{}{}", outcome.output, outcome.errors);
            assert!(shown.contains("cannot connect to"), "{shown}");
            assert!(shown.contains("check the host"), "{shown}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}

#[test]
fn the_help_explains_the_urls_and_the_exit_codes() {
    let help = run(None, &["--help"]);
    assert_eq!(help.code, 0, "{help:?}");
    for part in [
        "postgres://user:password@host",
        "Exit codes:",
        "SESSION_KIT_URL",
    ] {
        assert!(help.output.contains(part), "{part}");
    }
    let stats = run(None, &["stats", "--help"]);
    for part in [
        "session-kit stats --json | jq .live",
        "live, logged_in, remembered, anonymous, expired, unreadable",
        "until_seconds",
        "the command fails while slots",
    ] {
        assert!(stats.output.contains(part), "{part}: {stats:?}");
    }
    let secret = run(Some("redis://:s3cret@host"), &["--help"]);
    assert_eq!(secret.output, help.output);
}
