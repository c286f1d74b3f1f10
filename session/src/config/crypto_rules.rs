//! The rules for the key that protects the session cookie: the section `cookies` of pavex.

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};

use super::session::SessionConfig;
use super::state::ClientSide;
use super::violation::Report;

const KEY: &str = "cookies.crypto_rules";

/// The size of a key that pavex requires in a crypto rule.
const MIN_KEY_LEN: usize = 64;

/// Random bytes, and random hexadecimal digits too, have far more different values.
const MIN_DISTINCT_BYTES: usize = 8;

pub(super) fn check(config: &SessionConfig, cookies: &ProcessorConfig, report: &mut Report) {
    let name = &config.cookie.name;
    let all_rules = cookies.crypto_rules.iter();
    let mut rules = all_rules.flat_map(|rule| {
        let names = rule.cookie_names.iter();
        names.filter(|covered| *covered == name).map(move |_| rule)
    });
    let Some(rule) = rules.next() else {
        report.require(
            false,
            KEY,
            format!(
                "must have a rule for the session cookie: cookie_names [\"{name}\"], algorithm \
                 \"encryption\", and a random key of {MIN_KEY_LEN} bytes"
            ),
        );
        return;
    };
    report.require(
        rules.next().is_none(),
        KEY,
        format!("must name `{name}` once: pavex would use only the last of several rules"),
    );
    report.require(
        config.state.client_side == ClientSide::Deny
            || matches!(rule.algorithm, CryptoAlgorithm::Encryption),
        KEY,
        format!(
            "must encrypt `{name}`, because session.state.client_side is `allow`: set algorithm to \
             \"encryption\""
        ),
    );
    key_rules(rule, name, report);
}

fn key_rules(rule: &CryptoRule, name: &str, report: &mut Report) {
    let fallbacks = rule.fallbacks.iter().map(|fallback| &fallback.key);
    let keys = std::iter::once((&rule.key, "key")).chain(fallbacks.map(|key| (key, "fallbacks")));
    for (key, field) in keys {
        report.require(
            is_strong(key),
            KEY,
            format!(
                "the {field} of the rule for `{name}` must be {MIN_KEY_LEN} random bytes; this one \
                 is shorter, or repeats few different bytes"
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
