//! The rules for the key that protects the session cookie: the section `cookies` of pavex.

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};

use super::session::SessionConfig;
use super::state::ClientSide;
use super::violation::Report;

const KEY: &str = "cookies.crypto_rules";

/// The size of a key that pavex requires in a crypto rule.
const MIN_KEY_LEN: usize = 64;

/// The command that prints a key of twice that size, in hexadecimal digits.
const MAKE_KEY: &str = "openssl rand -hex 64";

/// Random bytes, and random hexadecimal digits too, have far more different values.
const MIN_DISTINCT_BYTES: usize = 8;

pub(super) fn check(config: &SessionConfig, cookies: &ProcessorConfig, report: &mut Report) {
    let name = &config.cookie.name;
    let rules = rules_for(name, cookies);
    number_rules(rules.len(), name, report);
    if let Some(rule) = rules.first() {
        encryption_rules(rule, config, report);
        key_rules(rule, name, report);
    }
}

fn number_rules(number: usize, name: &str, report: &mut Report) {
    report.require(
        number > 0,
        KEY,
        format!(
            "must have a rule for the session cookie: cookie_names [\"{name}\"], algorithm \
             \"encryption\", and a random key, such as the output of `{MAKE_KEY}`"
        ),
    );
    report.require(
        number <= 1,
        KEY,
        format!("must name `{name}` once: pavex would use only the last of several rules"),
    );
}

/// Returns the rules that name the cookie, once for each time that they do.
fn rules_for<'a>(name: &str, cookies: &'a ProcessorConfig) -> Vec<&'a CryptoRule> {
    let rules = cookies.crypto_rules.iter().flat_map(|rule| {
        let names = rule.cookie_names.iter();
        names.filter(|covered| *covered == name).map(move |_| rule)
    });
    rules.collect()
}

fn encryption_rules(rule: &CryptoRule, config: &SessionConfig, report: &mut Report) {
    if config.state.client_side == ClientSide::Deny {
        return;
    }
    let name = &config.cookie.name;
    report.require(
        matches!(rule.algorithm, CryptoAlgorithm::Encryption),
        KEY,
        format!(
            "must encrypt `{name}`, because session.state.client_side is `allow`: set algorithm to \
             \"encryption\""
        ),
    );
}

fn key_rules(rule: &CryptoRule, name: &str, report: &mut Report) {
    let fallbacks = rule.fallbacks.iter().map(|fallback| &fallback.key);
    let keys = std::iter::once((&rule.key, "key")).chain(fallbacks.map(|key| (key, "fallbacks")));
    for (key, field) in keys {
        report.require(
            is_strong(key),
            KEY,
            format!(
                "the {field} of the rule for `{name}` must be {MIN_KEY_LEN} random bytes, such as \
                 the output of `{MAKE_KEY}`; this one is shorter, or repeats few different bytes"
            ),
        );
    }
}

fn is_strong(key: &Key) -> bool {
    let mut seen = [false; 256];
    for byte in key.master() {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    key.master().len() >= MIN_KEY_LEN && distinct >= MIN_DISTINCT_BYTES
}
