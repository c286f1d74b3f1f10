//! Rules of the configuration.

use std::time::Duration;

use session::testing::TestApp;
use session::{SessionConfig, SessionStore};
use session_redis::{RedisSessionConfig, RedisSessionStore};

use crate::support::printed;

/// The URL of a server that does not exist.
const NOWHERE: &str = "redis://:open-sesame@127.0.0.1:1";

/// Returns the error of a configuration, in JSON.
async fn error(json: &str) -> String {
    let config: Result<RedisSessionConfig, _> = serde_json::from_str(json);
    let error = match config {
        Ok(config) => {
            let shown = format!("{config:?}");
            assert!(!shown.contains("sesame"), "{shown}");
            let store = RedisSessionStore::from_config(&config).await;
            printed(&store.unwrap_err())
        }
        Err(error) => error.to_string(),
    };
    assert!(!error.contains("sesame"), "{error}");
    error
}

/// Each configuration has a part of its error. `URL` is that of a server.
async fn expect_errors<const N: usize>(expected: [(&str, &str); N]) {
    for (json, part) in expected {
        let error = error(&json.replace("URL", NOWHERE)).await;
        assert!(error.contains(part), "{json}: {error}");
    }
}

#[tokio::test]
async fn urls_that_break_a_rule_are_refused() {
    expect_errors([
        ("{}", "`session_redis.url` is missing"),
        (
            r#"{ "url": "URL", "urls": ["URL"] }"#,
            "`session_redis.url` and `session_redis.urls` are both set",
        ),
        (
            r#"{ "urls": ["URL", "URL"] }"#,
            "`session_redis.urls` has several URLs",
        ),
        (
            r#"{ "url": "http://:open-sesame@localhost" }"#,
            "the text is not a URL such as",
        ),
    ])
    .await;
}

#[tokio::test]
async fn urls_that_do_not_fit_the_mode_are_refused() {
    expect_errors([
        (
            r#"{ "mode": "cluster", "url": "URL/3" }"#,
            "a cluster has only the database 0",
        ),
        (
            r#"{ "mode": "cluster", "url": "redis+unix:///tmp/socket" }"#,
            "names a local socket",
        ),
        (
            r#"{ "mode": "cluster", "urls": ["URL", "redis://localhost"] }"#,
            "differ in more than host and port",
        ),
    ])
    .await;
}

#[tokio::test]
async fn fields_of_sentinels_are_required_and_refused_by_the_mode() {
    expect_errors([
        (
            r#"{ "mode": "sentinel", "url": "URL" }"#,
            "`session_redis.master_name` is missing",
        ),
        (
            r#"{ "url": "URL", "master_name": "sessions" }"#,
            "`session_redis.master_name` is set: that requires",
        ),
        (
            r#"{ "url": "URL", "sentinel_password": "open-sesame" }"#,
            "`session_redis.sentinel_password` is set: that requires",
        ),
    ])
    .await;
}

#[tokio::test]
async fn unknown_fields_and_values_are_refused() {
    expect_errors([
        (
            r#"{ "mode": "several", "url": "URL" }"#,
            "unknown variant `several`",
        ),
        (r#"{ "url": "URL", "prefx": "x" }"#, "unknown field `prefx`"),
        (
            r#"{ "url": "URL", "prefix": "a b" }"#,
            "cannot be the prefix of keys",
        ),
        (
            r#"{ "url": "URL", "tls": { "cert": "x" } }"#,
            "unknown field `cert`",
        ),
        (
            r#"{ "url": "URL", "tls": {} }"#,
            "the URLs do not begin with `rediss`",
        ),
    ])
    .await;
}

#[tokio::test]
async fn time_limits_that_are_not_durations_or_too_short_are_refused() {
    expect_errors([
        (
            r#"{ "url": "URL", "response_timeout": "soon" }"#,
            "is not a duration such as",
        ),
        (
            r#"{ "url": "URL", "response_timeout": 5 }"#,
            "`5` is not a duration such as",
        ),
        (
            r#"{ "url": "URL", "response_timeout": "0s" }"#,
            "`session_redis.response_timeout` is less than a millisecond",
        ),
        (
            r#"{ "url": "URL", "connection_timeout": "1us" }"#,
            "`session_redis.connection_timeout` is less than a millisecond",
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_time_limit_that_is_not_shorter_than_that_of_an_operation_is_refused() {
    for (operation, limits, part) in [
        (1, "", "`session_redis.connection_timeout` is not shorter"),
        (
            5,
            r#", "mode": "sentinel", "master_name": "m", "connection_timeout": "3 s""#,
            "twice `session_redis.connection_timeout` is not shorter than `session.store.timeout`, which is 5s",
        ),
        (
            5,
            r#", "response_timeout": "5 s""#,
            "`session_redis.response_timeout` is not shorter than `session.store.timeout`, which is 5s",
        ),
        (
            5,
            r#", "connection_timeout": "1 min""#,
            "`session_redis.connection_timeout` is not shorter than `session.store.timeout`",
        ),
    ] {
        let json = format!(r#"{{ "url": "{NOWHERE}"{limits} }}"#);
        let config: RedisSessionConfig = serde_json::from_str(&json).unwrap();
        let mut of_sessions = SessionConfig::default();
        of_sessions.store.timeout = Duration::from_secs(operation);
        let app = TestApp::with_config(SessionStore::cookie_only(), &of_sessions).unwrap();
        let store = session_redis::kit::redis_session_store(&config, &app.policy).await;
        let error = printed(&store.unwrap_err());
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_configuration_that_keeps_all_rules_fails_at_a_server_that_does_not_exist() {
    expect_errors([(r#"{ "url": "URL" }"#, "the session store cannot be used")]).await;
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_url_that_turns_off_the_check_of_certificates_is_refused() {
    for scheme in ["rediss", "valkeys"] {
        let json = format!(r#"{{ "url": "{scheme}://:open-sesame@localhost/#insecure" }}"#);
        let error = error(&json).await;
        assert!(error.contains("ends in `#insecure`"), "{error}");
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn certificates_are_read_at_start_up() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.pem");
    std::fs::write(&garbage, "open-sesame").unwrap();
    let garbage = garbage.display();
    let broken = [
        (
            r#"{ "ca": "/nowhere/ca.pem" }"#.to_owned(),
            "`session_redis.tls.ca`: cannot read the file",
        ),
        (format!(r#"{{ "certificate": "{garbage}" }}"#), "set both"),
        (format!(r#"{{ "key": "{garbage}" }}"#), "set both"),
        (
            format!(r#"{{ "certificate": "{garbage}", "key": "{garbage}" }}"#),
            "in PEM format",
        ),
    ];
    for (tls, part) in broken {
        for mode in [
            r#""mode": "single""#,
            r#""mode": "cluster""#,
            r#""mode": "sentinel", "master_name": "m""#,
        ] {
            let json = format!(r#"{{ {mode}, "url": "rediss://127.0.0.1:1", "tls": {tls} }}"#);
            let error = error(&json).await;
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn a_url_with_tls_is_refused_without_the_feature() {
    for scheme in ["rediss", "valkeys", "REDISS"] {
        let error = error(&format!(r#"{{ "url": "{scheme}://localhost" }}"#)).await;
        assert!(error.contains("enable the feature `tls`"), "{error}");
    }
}

#[tokio::test]
async fn the_table_of_keys_in_the_readme_has_each_key() {
    let readme = include_str!("../../README.md");
    let (_, chapter) = readme.split_once("\n## Configuration\n").unwrap();
    let (chapter, _) = chapter.split_once("\n## ").unwrap();
    let cells = chapter.lines().filter_map(|line| line.split('|').nth(1));
    let mut documented: Vec<_> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let mut expected = keys_of(&error(r#"{ "unknown": 1 }"#).await);
    // The section has keys of its own.
    expected.retain(|key| key != "tls");
    let in_tls = keys_of(&error(r#"{ "tls": { "unknown": 1 } }"#).await);
    expected.extend(in_tls.iter().map(|key| format!("tls.{key}")));
    documented.sort_unstable();
    expected.sort_unstable();
    assert_eq!(documented, expected);
}

/// Returns the keys that exist, according to the error of one that does not.
fn keys_of(error: &str) -> Vec<String> {
    let (_, expected) = error.split_once("expected one of").unwrap();
    let keys = expected.split('`').skip(1).step_by(2);
    keys.map(str::to_owned).collect()
}
