//! What a configuration may say.

use session_redis::{RedisSessionConfig, RedisSessionStore};

use crate::support::printed;

/// Nobody listens there.
const NOBODY: &str = "redis://:open-sesame@127.0.0.1:1";

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

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_the_key_and_the_rule() {
    let broken = [
        ("{}", "`session_redis.url` is missing"),
        (r#"{ "url": "URL", "urls": ["URL"] }"#, "not both"),
        (
            r#"{ "urls": ["URL", "URL"] }"#,
            "`session_redis.urls` has several URLs",
        ),
        (
            r#"{ "url": "http://:open-sesame@localhost" }"#,
            "this is no URL such as",
        ),
        (
            r#"{ "mode": "cluster", "url": "URL/3" }"#,
            "the database 0 only",
        ),
        (
            r#"{ "mode": "cluster", "url": "redis+unix:///tmp/socket" }"#,
            "a socket of this machine",
        ),
        (
            r#"{ "mode": "cluster", "urls": ["URL", "redis://localhost"] }"#,
            "more than host and port",
        ),
        (
            r#"{ "mode": "sentinel", "url": "URL" }"#,
            "`session_redis.master_name` is missing",
        ),
        (
            r#"{ "url": "URL", "master_name": "sessions" }"#,
            "`session_redis.master_name` is for",
        ),
        (
            r#"{ "url": "URL", "sentinel_password": "open-sesame" }"#,
            "`session_redis.sentinel_password` is for",
        ),
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
            r#"{ "url": "URL", "response_timeout": "soon" }"#,
            "is not a duration such as",
        ),
        (
            r#"{ "url": "URL", "response_timeout": "0s" }"#,
            "`session_redis.response_timeout` is less",
        ),
        (
            r#"{ "url": "URL", "connection_timeout": "1us" }"#,
            "`session_redis.connection_timeout` is less",
        ),
        (
            r#"{ "url": "URL", "tls": {} }"#,
            "the URLs do not begin with `rediss`",
        ),
        (
            r#"{ "url": "URL", "tls": { "cert": "x" } }"#,
            "unknown field `cert`",
        ),
        // Without a mistake, it fails later.
        (r#"{ "url": "URL" }"#, "the session store cannot be reached"),
    ];
    for (json, rule) in broken {
        let error = error(&json.replace("URL", NOBODY)).await;
        assert!(error.contains(rule), "{json}: {error}");
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn the_certificate_of_a_server_is_always_checked() {
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
        (
            format!(r#"{{ "certificate": "{garbage}" }}"#),
            "are to be set together",
        ),
        (
            format!(r#"{{ "key": "{garbage}" }}"#),
            "are to be set together",
        ),
        (
            format!(r#"{{ "certificate": "{garbage}", "key": "{garbage}" }}"#),
            "in PEM format",
        ),
    ];
    for (tls, rule) in broken {
        for mode in ["single", "cluster", "sentinel"] {
            let master = if mode == "sentinel" {
                r#""master_name": "m","#
            } else {
                ""
            };
            let json = format!(
                r#"{{ "mode": "{mode}", {master} "url": "rediss://127.0.0.1:1", "tls": {tls} }}"#
            );
            let error = error(&json).await;
            assert!(error.contains(rule), "{json}: {error}");
        }
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn tls_takes_the_feature() {
    for scheme in ["rediss", "valkeys", "REDISS"] {
        let error = error(&format!(r#"{{ "url": "{scheme}://localhost" }}"#)).await;
        assert!(error.contains("takes the feature `tls`"), "{error}");
    }
}
