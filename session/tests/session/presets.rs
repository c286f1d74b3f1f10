//! Presets of the configuration.

use session::SessionConfig;
use session::config::{CookiePersistence, Preset, SameSite, TokenReuse};
use session::testing::{TestApp, set_cookie};
use session_memory::InMemorySessionStore;

use crate::support::*;

const ALL: [(&str, Preset); 5] = [
    ("aal1", Preset::Aal1),
    ("aal2", Preset::Aal2),
    ("aal3", Preset::Aal3),
    ("embedded", Preset::Embedded),
    ("localhost", Preset::Localhost),
];

fn parse(json: &str) -> Result<SessionConfig, serde_json::Error> {
    serde_json::from_str(json)
}

/// The name of the cookie that sessions get, and its attributes.
async fn cookie(config: &SessionConfig) -> Vec<String> {
    let app = TestApp::with_config(InMemorySessionStore::new(), config).unwrap();
    let mut session = app.browser().request();
    session.insert("theme", "dark").await.unwrap();
    let response = app.browser().respond(session).await.unwrap();
    let mut parts = set_cookie(&response).unwrap().split("; ");
    let (name, _value) = parts.next().unwrap().split_once('=').unwrap();
    std::iter::once(name)
        .chain(parts)
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_configuration_file_names_them() {
    for (name, preset) in ALL {
        let config = parse(&format!(r#"{{ "preset": "{name}" }}"#)).unwrap();
        assert_eq!(config, preset.config(), "{name}");
    }
    assert_eq!(parse("{}").unwrap(), SessionConfig::default());
    assert_eq!(parse("null").unwrap(), SessionConfig::default());
}

#[test]
fn other_keys_override_them() {
    let config = parse(
        r#"{ "preset": "aal3", "cookie": { "same_site": "lax" }, "state": { "idle_timeout": "5 minutes" } }"#,
    );
    let mut expected = Preset::Aal3.config();
    expected.cookie.same_site = SameSite::Lax;
    expected.state.idle_timeout = 5 * MINUTE;
    assert_eq!(config.unwrap(), expected);
}

#[test]
fn a_mistake_is_named_with_its_key() {
    for (json, expected) in [
        (
            r#"{ "preset": "aal4" }"#,
            "preset: unknown variant `aal4`, expected one of `aal1`",
        ),
        (r#"{ "statee": {} }"#, "statee: unknown field `statee`"),
        (
            r#"{ "preset": "aal2", "state": { "idle": "1h" } }"#,
            "state.idle: unknown field `idle`, expected one of `idle_timeout`",
        ),
        (
            r#"{ "state": { "idle_timeout": "soon" } }"#,
            "state.idle_timeout: `soon` is not a duration such as",
        ),
        (
            r#"{ "log_in": { "max_sessions_per_principal": 0 } }"#,
            "log_in.max_sessions_per_principal: invalid value",
        ),
    ] {
        let error = parse(json).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_configuration_survives_being_written() {
    for (name, preset) in ALL {
        let config = preset.config();
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(parse(&json).unwrap(), config, "{name}");
    }
}

/// NIST SP 800-63B-4, and its draft of 2023, which is stricter.
#[test]
fn the_assurance_levels_are_as_strict_as_nist_asks() {
    for (preset, overall, idle) in [
        (Preset::Aal1, 30 * DAY, None),
        (Preset::Aal2, 12 * HOUR, Some(30 * MINUTE)),
        (Preset::Aal3, 12 * HOUR, Some(15 * MINUTE)),
    ] {
        let config = preset.config();
        assert!(config.state.absolute_timeout <= overall, "{preset:?}");
        assert!(
            idle.is_none_or(|idle| config.state.idle_timeout <= idle),
            "{preset:?}"
        );
        assert!(config.cookie.secure, "{preset:?}");
        if preset != Preset::Aal1 {
            assert_eq!(config.cookie.persistence, CookiePersistence::BrowserSession);
        }
    }
    assert_eq!(
        Preset::Aal3.config().state.on_token_reuse,
        TokenReuse::Revoke
    );
}

#[tokio::test]
async fn each_is_accepted_and_shows_in_the_cookie() {
    for (preset, expected) in [
        (
            Preset::Aal1,
            "__Host-id Path=/ HttpOnly SameSite=Lax Secure Max-Age=86400",
        ),
        (
            Preset::Aal2,
            "__Host-id Path=/ HttpOnly SameSite=Lax Secure",
        ),
        (
            Preset::Aal3,
            "__Host-id Path=/ HttpOnly SameSite=Strict Secure",
        ),
        (
            Preset::Embedded,
            "__Host-id Path=/ HttpOnly SameSite=None Secure Partitioned Max-Age=86400",
        ),
        (
            Preset::Localhost,
            "id Path=/ HttpOnly SameSite=Lax Max-Age=86400",
        ),
    ] {
        let mut parts = cookie(&preset.config()).await;
        let mut expected: Vec<_> = expected.split(' ').collect();
        assert_eq!(parts[0], expected[0], "{preset:?}");
        parts.sort();
        expected.sort_unstable();
        assert_eq!(parts, expected, "{preset:?}");
    }
}
