//! The rules for the key that protects the session cookie: the section `cookies` of pavex.

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};

use super::session::SessionConfig;
use super::state::ClientSide;
use super::violation::Report;

/// The name of the session cookie in `cookies.crypto_rules`, whatever it is called in the browser.
///
/// The session cookie cannot have this name, because it is not a token (RFC 6265). With the rule
/// under the name of the cookie, pavex itself would try to read the session cookie too, fail, and
/// drop the cookies after it.
pub const CRYPTO_RULE: &str = "session cookie";

const KEY: &str = "cookies.crypto_rules";

/// The size of a key that pavex requires in a crypto rule.
const MIN_KEY_LEN: usize = 64;

/// The command that prints a key of twice that size, in hexadecimal digits.
const MAKE_KEY: &str = "openssl rand -hex 64";

/// Random bytes, and random hexadecimal digits too, have far more different values.
const MIN_DISTINCT_BYTES: usize = 8;

pub(super) fn check(config: &SessionConfig, cookies: &ProcessorConfig, report: &mut Report) {
    let name = &config.cookie.name;
    let rules: Vec<_> = rules_for(CRYPTO_RULE, cookies).collect();
    // A name with a space is refused for another reason.
    let misnamed = rules_for(name, cookies)
        .next()
        .filter(|_| name != CRYPTO_RULE);
    match misnamed {
        Some(_) => refuse_name(name, report),
        None => require_rule(!rules.is_empty(), report),
    }
    require_one_rule(rules.len(), report);
    if let Some(rule) = rules.first().copied().or(misnamed) {
        encryption_rules(rule, config, report);
        key_rules(rule, report);
    }
}

/// Returns the rules that name a cookie, once for each time that they do.
pub(crate) fn rules_for<'a>(
    name: &'a str,
    cookies: &'a ProcessorConfig,
) -> impl Iterator<Item = &'a CryptoRule> {
    cookies.crypto_rules.iter().flat_map(move |rule| {
        let names = rule.cookie_names.iter();
        names
            .filter(move |covered| *covered == name)
            .map(move |_| rule)
    })
}

fn require_rule(exists: bool, report: &mut Report) {
    report.require(
        exists,
        KEY,
        format!(
            "must have a rule for the session cookie: cookie_names [\"{CRYPTO_RULE}\"], algorithm \
             \"encryption\", and a random key, such as the output of `{MAKE_KEY}`"
        ),
    );
}

fn refuse_name(name: &str, report: &mut Report) {
    let reason = "pavex itself would try to read the session cookie too, fail, and drop the \
                  cookies after it";
    report.require(
        false,
        KEY,
        format!("must name `{CRYPTO_RULE}` in place of `{name}`, with the same key: {reason}"),
    );
}

fn require_one_rule(number: usize, report: &mut Report) {
    report.require(
        number <= 1,
        KEY,
        format!("must name `{CRYPTO_RULE}` only once: one key protects the cookies that are sent"),
    );
}

fn encryption_rules(rule: &CryptoRule, config: &SessionConfig, report: &mut Report) {
    if config.state.client_side == ClientSide::Deny {
        return;
    }
    let encrypts = |algorithm| matches!(algorithm, CryptoAlgorithm::Encryption);
    report.require(
        encrypts(rule.algorithm),
        KEY,
        "must encrypt the session cookie, because session.state.client_side is `allow`: set \
         algorithm to \"encryption\"",
    );
    let mut fallbacks = rule.fallbacks.iter();
    report.require(
        fallbacks.all(|fallback| encrypts(fallback.algorithm)),
        KEY,
        "the fallbacks of the rule for the session cookie must encrypt, because \
         session.state.client_side is `allow`: set their algorithm to \"encryption\", with which a \
         key also reads what it has signed",
    );
}

fn key_rules(rule: &CryptoRule, report: &mut Report) {
    let fallbacks = rule.fallbacks.iter().map(|fallback| &fallback.key);
    let keys = std::iter::once((&rule.key, "key")).chain(fallbacks.map(|key| (key, "fallbacks")));
    for (key, field) in keys {
        report.require(
            is_strong(key),
            KEY,
            format!(
                "the {field} of the rule for the session cookie must be {MIN_KEY_LEN} random bytes, \
                 as from `{MAKE_KEY}`; this one is shorter, or repeats few different bytes"
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
