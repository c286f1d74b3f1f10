//! Configurations as pavex loads them: YAML files, and environment variables over them.
//!
//! Each one is loaded by this test binary in a process of its own, whose environment it can choose.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::process::Command;

use pavex::config::{ConfigLoader, ConfigProfile};
use serde_json::Value;
use session::SessionConfig;
use session::testing::TestApp;

use crate::support::Spy;

#[derive(ConfigProfile)]
enum Profile {
    Test,
}

#[derive(serde::Deserialize)]
struct AppConfig {
    #[serde(default)]
    session: SessionConfig,
}

const FOLDER: &str = "SESSION_TEST_CONFIGURATION";
const CHILD: &str = "config_loader::without_files_and_variables_the_defaults_hold";
const ANSWER: &str = "answer: ";

/// The other tests of this file run this one in a process whose environment names a folder.
#[test]
fn without_files_and_variables_the_defaults_hold() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        assert_eq!(load("", &[]).unwrap(), SessionConfig::default());
        return;
    };
    let loader = ConfigLoader::new().profile(Profile::Test);
    let answer = match loader.configuration_dir(folder).load::<AppConfig>() {
        Ok(config) => serde_json::to_string(&config.session).unwrap(),
        Err(error) => {
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            causes.last().unwrap().to_string()
        }
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{ANSWER}{}", answer.replace('\n', " ")).unwrap();
}

/// Returns the configuration, or the error.
fn load(yaml: &str, environment: &[(&str, &str)]) -> Result<SessionConfig, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.yml"), yaml).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .envs(environment.iter().copied())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let answer = output.lines().find_map(|line| line.split_once(ANSWER));
    let (_, answer) = answer.unwrap_or_else(|| panic!("no answer in {output}"));
    serde_json::from_str(answer).map_err(|_| answer.to_owned())
}

#[track_caller]
fn expect_error(loaded: Result<SessionConfig, String>, key: &str, help: &str) {
    let error = loaded.unwrap_err();
    assert!(error.contains(&format!("{key}: ")), "{error}");
    assert!(error.contains(help), "{error}");
}

#[test]
fn a_yaml_section_without_keys_is_as_good_as_no_section() {
    for yaml in [
        "session:\n",
        "session:\n  cookie:\n  state:\n  store:\n  log_in:\n  caching:\n  cross_origin:\n",
        "session:\n  preset:\n  cookie: {}\n",
    ] {
        assert_eq!(load(yaml, &[]).unwrap(), SessionConfig::default(), "{yaml}");
    }
}

#[test]
fn a_key_in_the_environment_overrides_the_yaml_file() {
    let yaml = "session:\n  preset: aal2\n  state:\n    idle_timeout: \"5 minutes\"\n";
    let config = load(
        yaml,
        &[
            ("PX_SESSION__STATE__IDLE_TIMEOUT", "1h 30m"),
            ("PX_SESSION__COOKIE__NAME", "\"123\""),
            ("PX_SESSION__COOKIE__SECURE", "false"),
            ("PX_SESSION__STATE__EXTENSION_THRESHOLD", "1"),
            ("PX_SESSION__LOG_IN__MAX_SESSIONS_PER_PRINCIPAL", "5"),
            (
                "PX_SESSION__CROSS_ORIGIN__TRUSTED_ORIGINS",
                "[\"https://a.example\"]",
            ),
        ],
    )
    .unwrap();
    assert_eq!(config.state.idle_timeout.as_secs(), 90 * 60);
    assert_eq!(config.cookie.name, "123");
    assert!(!config.cookie.secure);
    assert_eq!(config.state.extension_threshold, 1.0);
    assert_eq!(config.log_in.max_sessions_per_principal.unwrap().get(), 5);
    assert_eq!(config.cross_origin.trusted_origins, ["https://a.example"]);
    assert_eq!(config.state.absolute_timeout.as_secs(), 12 * 60 * 60);
}

#[test]
fn a_number_of_seconds_is_refused_with_the_form_of_a_duration() {
    let help = "`3600` is not a duration such as \"30 minutes\" or \"1h 30m\"";
    for (section, key) in [
        ("state", "idle_timeout"),
        ("state", "absolute_timeout"),
        ("state", "renew_every"),
        ("state", "renewal_grace"),
        ("store", "timeout"),
        ("store", "recent"),
    ] {
        let yaml = format!("session:\n  {section}:\n    {key}: 3600\n");
        expect_error(load(&yaml, &[]), &format!("{section}.{key}"), help);
    }
    let variable = ("PX_SESSION__STATE__IDLE_TIMEOUT", "3600");
    expect_error(load("", &[variable]), "state.idle_timeout", help);
}

#[test]
fn a_number_in_the_place_of_a_text_is_refused_with_its_quoted_form() {
    let help = "write it in quotes: \"123\"";
    for (section, key) in [
        ("cookie", "name"),
        ("cookie", "domain"),
        ("cookie", "path"),
        ("log_in", "path"),
        ("log_in", "reauthenticate_path"),
    ] {
        let yaml = format!("session:\n  {section}:\n    {key}: 123\n");
        expect_error(load(&yaml, &[]), &format!("{section}.{key}"), help);
    }
    let variable = ("PX_SESSION__COOKIE__NAME", "123");
    expect_error(load("", &[variable]), "cookie.name", help);
    let yaml = "session:\n  cross_origin:\n    trusted_origins: [123]\n";
    let key = "cross_origin.trusted_origins[0]";
    expect_error(load(yaml, &[]), key, help);
}

#[test]
fn a_key_without_a_value_is_refused_by_name() {
    for key in [
        "idle_timeout",
        "activity",
        "max_size",
        "save_on_server_error",
    ] {
        let yaml = format!("session:\n  state:\n    {key}:\n");
        expect_error(
            load(&yaml, &[]),
            &format!("state.{key}"),
            "there is no value",
        );
    }
    // These have no value by default.
    let yaml = "session:\n  state:\n    renew_every:\n    valid_from:\n  log_in:\n    path:\n";
    assert_eq!(load(yaml, &[]).unwrap(), SessionConfig::default());
}

#[test]
fn a_time_is_read_from_yaml_and_from_the_environment() {
    let expected = session::time::UtcDateTime::from_unix_timestamp(1_795_724_100).unwrap();
    for text in [
        "2026-11-26T20:15:00Z",
        "\"2026-11-26T20:15:00Z\"",
        "2026-11-26T21:15:00+01:00",
        "2026-11-26 20:15:00.000Z",
    ] {
        let yaml = format!("session:\n  state:\n    valid_from: {text}\n");
        let in_yaml = load(&yaml, &[]).unwrap();
        assert_eq!(in_yaml.state.valid_from, Some(expected), "{text}");
        let in_environment = load("", &[("PX_SESSION__STATE__VALID_FROM", text)]).unwrap();
        assert_eq!(in_environment, in_yaml, "{text}");
    }
}

#[test]
fn a_text_that_is_not_a_time_is_refused_with_the_form_of_one() {
    let help = "write date, time and offset as in RFC 3339";
    for text in [
        "now",
        "2026-11-26",
        "2026-11-26T20:15:00",
        "2026-13-26T20:15:00Z",
        "1795724100",
        "0.5",
    ] {
        let yaml = format!("session:\n  state:\n    valid_from: {text}\n");
        expect_error(load(&yaml, &[]), "state.valid_from", help);
        let variable = ("PX_SESSION__STATE__VALID_FROM", text);
        expect_error(load("", &[variable]), "state.valid_from", help);
    }
}

#[test]
fn the_configuration_in_the_readme_is_accepted() {
    let blocks = include_str!("../../../README.md").split("```");
    let mut yaml = blocks.filter_map(|block| block.strip_prefix("yaml\nsession:"));
    let section = format!("session:{}", yaml.next().unwrap());
    let config = load(&section, &[]).unwrap();
    TestApp::with_config(Spy::default(), &config).unwrap();
    assert_eq!(yaml.next(), None);
}

#[test]
fn the_table_of_keys_has_each_key_with_its_default() {
    let mut written = serde_json::json!({});
    let mut keys = BTreeSet::new();
    for line in include_str!("../../../docs/configuration.md").lines() {
        let cells: Vec<_> = line
            .split('|')
            .map(|cell| cell.trim_matches([' ', '`']))
            .collect();
        let [_, key, _, default, _] = cells[..] else {
            continue;
        };
        let Some(key) = key.strip_prefix("session.") else {
            continue;
        };
        assert!(keys.insert(key.to_owned()), "{key} is there twice");
        if key != "preset" {
            set(&mut written, key, default);
        }
    }
    let config = load(&format!("session: {written}"), &[]).unwrap();
    assert_eq!(config, SessionConfig::default());
    let mut existing = BTreeSet::from(["preset".to_owned()]);
    add_keys(&serde_json::to_value(&config).unwrap(), "", &mut existing);
    assert_eq!(keys, existing);
}

/// Sets the value under a key. A dot separates the names of sections.
fn set(object: &mut Value, key: &str, text: &str) {
    let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let mut here = object;
    for part in key.split('.') {
        let object = here.as_object_mut().unwrap();
        here = object.entry(part).or_insert_with(|| serde_json::json!({}));
    }
    *here = value;
}

/// Adds the keys of all values in an object.
fn add_keys(value: &Value, key: &str, keys: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else {
        keys.insert(key.to_owned());
        return;
    };
    for (name, value) in object {
        let dot = if key.is_empty() { "" } else { "." };
        add_keys(value, &format!("{key}{dot}{name}"), keys);
    }
}
