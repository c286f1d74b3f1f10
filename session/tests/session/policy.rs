//! The rules of a configuration, each refused with the key to change.

use std::time::Duration;

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule, FallbackConfig};
use pavex::cookie::{Key, ProcessorConfig};
use session::config::{AtLimit, CRYPTO_RULE, ClientSide, Preset, SameSite};
use session::{SessionConfig, SessionPolicy};

use crate::support::*;

fn rule(name: &str, algorithm: CryptoAlgorithm) -> CryptoRule {
    CryptoRule {
        cookie_names: vec![name.into()],
        algorithm,
        key: Key::generate(),
        fallbacks: vec![],
    }
}

fn cookies(rules: impl IntoIterator<Item = CryptoRule>) -> ProcessorConfig {
    let mut cookies = ProcessorConfig::default();
    cookies.crypto_rules.extend(rules);
    cookies
}

/// Returns the violations after an edit of the default configuration.
fn refused(edit: impl FnOnce(&mut SessionConfig)) -> Vec<String> {
    let mut config = SessionConfig::default();
    edit(&mut config);
    let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
    violations(&config, &cookies)
}

fn violations(config: &SessionConfig, cookies: &ProcessorConfig) -> Vec<String> {
    match SessionPolicy::new(config, cookies) {
        Ok(_) => vec![],
        Err(error) => error.violations().iter().map(ToString::to_string).collect(),
    }
}

/// The one violation begins with `key`.
#[track_caller]
fn names(key: &str, violations: Vec<String>) {
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(
        violations[0].starts_with(&format!("{key}: ")),
        "{violations:?}"
    );
}

#[test]
fn the_default_configuration_is_accepted() {
    assert!(refused(|_| {}).is_empty());
}

#[test]
fn the_cookie_name_must_be_a_token() {
    for name in [
        "",
        "a b",
        "a;b",
        "a=b",
        "ü",
        "a\"b",
        "a(b",
        &"x".repeat(129),
    ] {
        let violations = refused(|config| config.cookie.name = name.into());
        assert!(
            violations[0].starts_with("session.cookie.name: "),
            "{name}: {violations:?}"
        );
    }
    assert!(refused(|config| config.cookie.name = "a.b_c~d!e^f".into()).is_empty());
}

#[test]
fn a_prefix_of_the_cookie_name_restricts_the_attributes_in_any_case() {
    for name in ["__Host-Http-id", "__host-http-id", "__Host-id", "__host-id"] {
        let named = |edit: fn(&mut SessionConfig)| {
            refused(|config| {
                config.cookie.name = name.into();
                edit(config);
            })
        };
        names(
            "session.cookie.secure",
            named(|config| config.cookie.secure = false),
        );
        names(
            "session.cookie.path",
            named(|config| config.cookie.path = "/shop".into()),
        );
        names(
            "session.cookie.domain",
            named(|config| config.cookie.domain = Some("a.b".into())),
        );
    }
    for name in ["__Secure-id", "__SECURE-id", "__Http-id"] {
        names(
            "session.cookie.secure",
            refused(|config| {
                config.cookie.name = name.into();
                config.cookie.secure = false;
                config.cookie.domain = Some("example.com".into());
            }),
        );
    }
}

#[test]
fn a_cookie_that_browsers_send_over_https_only_requires_secure() {
    let plain = |edit: fn(&mut SessionConfig)| {
        refused(|config| {
            config.cookie.name = "id".into();
            config.cookie.secure = false;
            edit(config);
        })
    };
    assert!(plain(|_| {}).is_empty());
    names(
        "session.cookie.same_site",
        plain(|config| config.cookie.same_site = SameSite::None),
    );
    names(
        "session.cookie.partitioned",
        plain(|config| config.cookie.partitioned = true),
    );
}

#[test]
fn the_path_and_the_domain_must_be_attribute_values() {
    for path in ["", "shop", "/a;b", "/a\r\nSet-Cookie: x", "/ü"] {
        let violations = refused(|config| {
            config.cookie.name = "id".into();
            config.cookie.path = path.into();
        });
        names("session.cookie.path", violations);
    }
    for domain in ["", "a b", "a;b", "a/b"] {
        let violations = refused(|config| {
            config.cookie.name = "id".into();
            config.cookie.domain = Some(domain.into());
        });
        names("session.cookie.domain", violations);
    }
}

#[test]
fn impossible_lifetimes_are_refused() {
    let idle = |idle| {
        refused(|config| {
            config.state.absolute_timeout = Duration::MAX;
            config.state.idle_timeout = idle;
        })
    };
    let key = "session.state.idle_timeout";
    names(key, idle(Duration::from_millis(999)));
    names(key, idle(401 * DAY));
    assert!(idle(400 * DAY).is_empty());
    let absolute = refused(|config| config.state.absolute_timeout = HOUR);
    names("session.state.absolute_timeout", absolute);
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let threshold = refused(|config| config.state.extension_threshold = share);
        names("session.state.extension_threshold", threshold);
    }
    let every = refused(|config| config.state.renew_every = Some(Duration::from_secs(30)));
    names("session.state.renew_every", every);
    let grace = refused(|config| config.state.renewal_grace = 2 * HOUR);
    names("session.state.renewal_grace", grace);
}

#[test]
fn anonymous_timeouts_that_contradict_the_others_are_refused_with_both_keys() {
    let anonymous = |edit: fn(&mut SessionConfig)| refused(edit);
    let (idle, absolute) = (
        "session.state.anonymous.idle_timeout",
        "session.state.anonymous.absolute_timeout",
    );
    let longer = anonymous(|config| config.state.anonymous.idle_timeout = Some(25 * HOUR));
    assert!(longer[0].contains("session.state.idle_timeout"));
    assert_eq!(longer.len(), 2, "it is longer than a day too: {longer:?}");
    let longer = anonymous(|config| config.state.anonymous.absolute_timeout = Some(31 * DAY));
    assert!(longer[0].contains("session.state.absolute_timeout"));
    names(absolute, longer);
    let shorter = anonymous(|config| config.state.anonymous.absolute_timeout = Some(HOUR));
    assert!(shorter[0].contains(idle), "{shorter:?}");
    names(absolute, shorter);
    let none = anonymous(|config| config.state.anonymous.idle_timeout = Some(Duration::ZERO));
    names(idle, none);
}

#[test]
fn anonymous_timeouts_that_are_not_given_are_as_short_as_the_others() {
    for preset in [Preset::Aal2, Preset::Aal3] {
        let config = preset.config();
        let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
        let policy = SessionPolicy::new(&config, &cookies).unwrap().to_string();
        let idle = config.state.idle_timeout.as_secs() / 60;
        let expected = format!(
            "If nobody has logged in, it ends after {idle} m without activity, and at the latest \
             12 h after its beginning. "
        );
        assert!(policy.contains(&expected), "{policy}");
        assert!(
            policy.contains("kept until the browser is closed. "),
            "{policy}"
        );
    }
}

#[test]
fn remembered_timeouts_that_contradict_the_others_are_refused_with_both_keys() {
    let idle = |idle| refused(move |config| config.log_in.remembered.idle_timeout = Some(idle));
    let absolute = |absolute| {
        refused(move |config| config.log_in.remembered.absolute_timeout = Some(absolute))
    };
    let (idle_key, absolute_key) = (
        "session.log_in.remembered.idle_timeout",
        "session.log_in.remembered.absolute_timeout",
    );
    for short in [Duration::ZERO, DAY - HOUR] {
        let shorter = idle(short);
        assert!(shorter[0].contains("session.state.idle_timeout"));
        names(idle_key, shorter);
    }
    let longer = idle(31 * DAY);
    assert!(longer[0].contains(idle_key), "{longer:?}");
    names(absolute_key, longer);
    let shorter = absolute(29 * DAY);
    assert!(shorter[0].contains("session.state.absolute_timeout"));
    names(absolute_key, shorter);
    let too_long = refused(|config| {
        config.log_in.remembered.idle_timeout = Some(401 * DAY);
        config.log_in.remembered.absolute_timeout = Some(1_000 * DAY);
    });
    names(idle_key, too_long);
    assert!(idle(DAY).is_empty() && absolute(400 * DAY).is_empty());
}

#[test]
fn remembered_timeouts_that_are_not_given_are_as_long_as_the_others() {
    for (idle, absolute, expected) in [
        (HOUR, DAY, "14 days"),
        (13 * DAY, 30 * DAY, "14 days"),
        (20 * DAY, 30 * DAY, "20 days"),
        (DAY, 1_000 * DAY, "14 days"),
    ] {
        let mut config = SessionConfig::default();
        config.state.idle_timeout = idle;
        config.state.absolute_timeout = absolute;
        let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
        let policy = SessionPolicy::new(&config, &cookies).unwrap().to_string();
        let (_, ordinary) = policy.split_once("at the latest ").unwrap();
        let (ordinary, _) = ordinary.split_once(" after its last log-in").unwrap();
        let absolute = if absolute < 30 * DAY {
            "30 days"
        } else {
            ordinary
        };
        let expected = format!(
            "If the log-in is remembered, it ends after {expected} without activity, and at the \
             latest {absolute} after that log-in. "
        );
        assert!(policy.contains(&expected), "{policy}");
    }
    let strict = Preset::Aal2.config();
    let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
    let policy = SessionPolicy::new(&strict, &cookies).unwrap().to_string();
    assert!(policy.contains("No log-in is remembered. "), "{policy}");
}

#[test]
fn limits_that_no_session_can_meet_are_refused() {
    let size = refused(|config| config.state.max_size = 1);
    names("session.state.max_size", size);
    let headers = refused(|config| config.cookie.max_header_size = 200);
    names("session.cookie.max_header_size", headers);
    let timeout = refused(|config| config.store.timeout = Duration::ZERO);
    names("session.store.timeout", timeout);
    let recent = refused(|config| config.store.recent = Duration::from_secs(61));
    names("session.store.recent", recent);
}

#[test]
fn the_policy_names_the_age_of_recent_reads() {
    let described = |recent: &str| {
        let json = format!(r#"{{ "store": {{ "recent": "{recent}" }} }}"#);
        let config: SessionConfig = serde_json::from_str(&json).unwrap();
        let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
        SessionPolicy::new(&config, &cookies).unwrap().to_string()
    };
    let longest = described("1 minute");
    assert!(longest.contains("ended up to 1 m ago. "), "{longest}");
    for zero in ["0", "0s", "0 seconds"] {
        let never = described(zero);
        assert!(never.contains("Each read of a session loads it"), "{never}");
    }
}

#[tokio::test]
async fn an_absolute_timeout_without_end_does_not_panic() {
    let app = Spy::default().app_with(|config| {
        config.state.idle_timeout = 400 * DAY;
        config.state.absolute_timeout = Duration::MAX;
    });
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(399 * DAY);
    let session = browser.request();
    assert!(session.contains_key("theme").await.unwrap());
    browser.respond(session).await.unwrap();
}

#[test]
fn the_cookie_is_covered_by_one_rule_of_its_own() {
    let config = SessionConfig::default();
    let key = "cookies.crypto_rules";
    let ours = |algorithm| rule(CRYPTO_RULE, algorithm);
    let (encrypt, sign) = (CryptoAlgorithm::Encryption, CryptoAlgorithm::Signing);
    let misnamed = || rule(&config.cookie.name, encrypt);
    for (rules, complaint) in [
        (vec![], "must have a rule"),
        (vec![rule("other", encrypt)], "must have a rule"),
        (vec![misnamed()], "in place of `__Host-Http-id`"),
        (
            vec![ours(encrypt), misnamed()],
            "in place of `__Host-Http-id`",
        ),
        (vec![ours(encrypt), ours(encrypt)], "only once"),
        (vec![ours(sign)], "must encrypt"),
    ] {
        let violations = violations(&config, &cookies(rules));
        assert!(violations[0].contains(complaint), "{violations:?}");
        names(key, violations);
    }
    let mut same_name = SessionConfig::default();
    same_name.cookie.name = CRYPTO_RULE.to_owned();
    let violations_of_name = violations(&same_name, &cookies([ours(encrypt)]));
    names("session.cookie.name", violations_of_name);

    let mut signed = SessionConfig::default();
    signed.state.client_side = ClientSide::Deny;
    assert!(violations(&signed, &cookies([ours(sign)])).is_empty());
}

#[test]
fn each_key_of_the_rule_is_strong_enough() {
    let config = SessionConfig::default();
    let key = "cookies.crypto_rules";
    let encrypt = CryptoAlgorithm::Encryption;
    let ours = |algorithm| rule(CRYPTO_RULE, algorithm);
    for weak in [vec![7; 64], (0..63).collect(), b"abcabcabc".repeat(10)] {
        let weak = Key::try_from(weak).unwrap();
        let mut primary = ours(encrypt);
        primary.key = weak.clone();
        names(key, violations(&config, &cookies([primary])));
        let mut fallback = ours(encrypt);
        fallback.fallbacks.push(FallbackConfig {
            key: weak,
            algorithm: encrypt,
        });
        names(key, violations(&config, &cookies([fallback])));
    }
}

#[test]
fn a_fallback_must_encrypt_if_client_side_state_is_allowed() {
    let mut config = SessionConfig::default();
    let mut ours = rule(CRYPTO_RULE, CryptoAlgorithm::Encryption);
    for algorithm in [CryptoAlgorithm::Encryption, CryptoAlgorithm::Signing] {
        let key = Key::generate();
        ours.fallbacks.push(FallbackConfig { key, algorithm });
    }
    let cookies = cookies([ours]);
    let [violation] = &violations(&config, &cookies)[..] else {
        panic!("one rule is broken");
    };
    assert!(
        violation.starts_with("cookies.crypto_rules: the fallbacks of the rule for"),
        "{violation}"
    );
    config.state.client_side = ClientSide::Deny;
    assert!(violations(&config, &cookies).is_empty());
}

#[test]
fn a_violation_has_the_key_and_the_rule() {
    let mut config = SessionConfig::default();
    config.cookie.secure = false;
    let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
    let error = SessionPolicy::new(&config, &cookies).unwrap_err();
    let [violation] = error.violations() else {
        panic!("{error}");
    };
    assert_eq!(violation.key, "session.cookie.secure");
    assert_eq!(
        violation.rule,
        "must be true for a cookie called `__Host-Http-id`"
    );
    assert!(
        error.to_string().ends_with(&format!("\n- {violation}")),
        "{error}"
    );
}

#[test]
fn every_broken_rule_is_named_at_once() {
    let violations = refused(|config| {
        config.cookie.secure = false;
        config.cookie.path = "/shop".into();
        config.state.idle_timeout = Duration::ZERO;
    });
    insta::assert_snapshot!(violations.join("\n"));
}

#[test]
fn the_policy_describes_itself() {
    let app = Spy::default().app_with(|config| {
        config.state.renew_every = Some(6 * HOUR);
    });
    insta::assert_snapshot!(app.policy.to_string());
}

#[test]
fn a_misspelt_field_is_an_error() {
    for json in [
        r#"{ "cooky": {} }"#,
        r#"{ "cookie": { "nane": "id" } }"#,
        r#"{ "state": { "idle_timeot": "1 hour" } }"#,
        r#"{ "store": { "timout": "1s" } }"#,
    ] {
        let error = serde_json::from_str::<SessionConfig>(json).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}

#[test]
fn durations_are_written_in_readable_units() {
    let read = |text: &str| {
        let json = format!(r#"{{ "state": {{ "idle_timeout": {text} }} }}"#);
        serde_json::from_str::<SessionConfig>(&json).map(|config| config.state.idle_timeout)
    };
    assert_eq!(read("\"1h 30m\"").unwrap(), HOUR + 30 * MINUTE);
    let error = read("\"soon\"").unwrap_err().to_string();
    assert!(
        error.contains("`soon` is not a duration such as \"30 minutes\""),
        "{error}"
    );
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    let mut config = SessionConfig::default();
    config.state.renew_every = Some(HOUR);
    config.state.valid_from = Some(session::Clock::system().now());
    config.cookie.domain = Some("example.com".into());
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<SessionConfig>(&json).unwrap(),
        config
    );
}

#[test]
fn the_pages_of_a_log_in_are_paths_of_this_site() {
    for path in [
        "",
        "login",
        "//evil.example",
        "/\\evil.example",
        "/a b",
        "/ü",
        "/a#b",
        "/a\r\nb",
    ] {
        names(
            "session.log_in.path",
            refused(|config| config.log_in.path = Some(path.into())),
        );
        names(
            "session.log_in.reauthenticate_path",
            refused(|config| config.log_in.reauthenticate_path = Some(path.into())),
        );
    }
    for path in ["/", "/login", "/a/b?c=d&e=%20"] {
        assert!(refused(|config| config.log_in.path = Some(path.into())).is_empty());
    }
}

#[test]
fn a_trusted_origin_is_written_as_browsers_send_it() {
    let with =
        |origin: &str| refused(|config| config.cross_origin.trusted_origins = vec![origin.into()]);
    for origin in [
        "",
        "example.com",
        "https://",
        "https://example.com/",
        "https://Example.com",
        "HTTPS://example.com",
        "https://example.com:443",
        "http://example.com:80",
        "https://example.com?a",
        "https://user@example.com",
        "ftp://example.com",
        "null",
        "*",
    ] {
        names("session.cross_origin.trusted_origins", with(origin));
    }
    for origin in [
        "https://example.com",
        "http://localhost:8000",
        "https://example.com:8443",
        "https://[::1]:8443",
        "https://xn--bcher-kva.example",
    ] {
        assert!(with(origin).is_empty(), "{origin}");
    }
}

#[test]
fn the_policy_describes_the_limit_of_sessions() {
    let describe = |at_limit| {
        let mut config = SessionConfig::default();
        config.log_in.max_sessions_per_principal = 5.try_into().ok();
        config.log_in.at_limit = at_limit;
        let cookies = cookies([rule(CRYPTO_RULE, CryptoAlgorithm::Encryption)]);
        SessionPolicy::new(&config, &cookies).unwrap().to_string()
    };
    let text = describe(AtLimit::EndOldest);
    assert!(text.ends_with(
        "may have 5 sessions; a log-in beyond that ends the session with the oldest log-in."
    ));
    let text = describe(AtLimit::Refuse);
    assert!(text.ends_with("may have 5 sessions; a log-in beyond that is refused."));
}
