//! The presets of the configuration, and the messages about mistakes in it.

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
fn a_configuration_file_names_its_preset() {
    for (name, preset) in ALL {
        // The preset `localhost` requires a name.
        let json = format!(r#"{{ "preset": "{name}", "cookie": {{ "name": "shop" }} }}"#);
        let mut expected = preset.config();
        expected.cookie.name = "shop".into();
        assert_eq!(parse(&json).unwrap(), expected, "{name}");
    }
    assert_eq!(parse("{}").unwrap(), SessionConfig::default());
    assert_eq!(parse("null").unwrap(), SessionConfig::default());
}

#[test]
fn a_section_without_keys_leaves_the_preset_as_it_is() {
    let sections = [
        "cookie",
        "state",
        "store",
        "log_in",
        "caching",
        "cross_origin",
    ];
    let empty = sections
        .map(|section| format!(r#""{section}": null"#))
        .join(", ");
    let config = parse(&format!(r#"{{ "preset": "aal3", {empty} }}"#)).unwrap();
    assert_eq!(config, Preset::Aal3.config());
    let config = parse(&format!(r#"{{ "preset": null, {empty} }}"#)).unwrap();
    assert_eq!(config, SessionConfig::default());
}

/// Browsers send a cookie to every port of a host.
#[test]
fn the_preset_localhost_requires_a_cookie_name_per_application() {
    for json in [
        r#"{ "preset": "localhost" }"#,
        r#"{ "preset": "localhost", "cookie": null }"#,
        r#"{ "preset": "localhost", "cookie": { "name": null } }"#,
        r#"{ "preset": "localhost", "cookie": { "path": "/" } }"#,
    ] {
        let error = parse(json).unwrap_err().to_string();
        let expected = "cookie.name: the preset `localhost` requires a name of your application";
        assert!(error.starts_with(expected), "{json}: {error}");
    }
}

#[test]
fn each_key_overrides_its_value_in_the_preset() {
    let config = parse(
        r#"{ "preset": "aal3", "cookie": { "same_site": "lax" }, "state": { "idle_timeout": "5 minutes" } }"#,
    );
    let mut expected = Preset::Aal3.config();
    expected.cookie.same_site = SameSite::Lax;
    expected.state.idle_timeout = 5 * MINUTE;
    assert_eq!(config.unwrap(), expected);
}

#[test]
fn a_mistake_in_a_configuration_is_named_with_its_key() {
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
        (
            r#"{ "cookie": "id" }"#,
            "cookie: invalid type: string \"id\", expected a section of keys, such as `name`",
        ),
        (
            r#"{ "state": { "idle_timeout": null } }"#,
            "state.idle_timeout: there is no value; write one, or remove the key",
        ),
    ] {
        let error = parse(json).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_configuration_of_a_preset_survives_being_written_and_read() {
    for (name, preset) in ALL {
        let config = preset.config();
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(parse(&json).unwrap(), config, "{name}");
    }
}

/// NIST SP 800-63B-4, and its draft of 2023, which is stricter.
#[test]
fn the_presets_of_assurance_levels_are_as_strict_as_nist_requires() {
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
        assert_eq!(config.log_in.allow_remembered, preset == Preset::Aal1);
    }
    assert_eq!(
        Preset::Aal3.config().state.on_token_reuse,
        TokenReuse::Revoke
    );
}

#[tokio::test]
async fn each_preset_is_accepted_and_shows_in_the_cookie() {
    for (preset, expected) in [
        (
            Preset::Aal1,
            "__Host-Http-id Path=/ HttpOnly SameSite=Lax Secure Max-Age=7200",
        ),
        (
            Preset::Aal2,
            "__Host-Http-id Path=/ HttpOnly SameSite=Lax Secure",
        ),
        (
            Preset::Aal3,
            "__Host-Http-id Path=/ HttpOnly SameSite=Strict Secure",
        ),
        (
            Preset::Embedded,
            "__Host-Http-id Path=/ HttpOnly SameSite=None Secure Partitioned Max-Age=7200",
        ),
        (
            Preset::Localhost,
            "id Path=/ HttpOnly SameSite=Lax Max-Age=7200",
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
