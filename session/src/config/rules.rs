//! The rules that a configuration must meet before the server starts.

use std::time::Duration;

use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, Processor, ProcessorConfig};

use super::{
    ClientSide, CrossOriginConfig, LogInConfig, SameSite, SessionConfig, SessionCookieConfig,
    SessionStateConfig, SessionStoreConfig,
};

/// Browsers cut longer lifetimes (RFC 6265bis, "Cookie Lifetime Limits").
const MAX_COOKIE_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Browsers ignore longer attributes (RFC 6265bis, section 5.6).
const MAX_ATTRIBUTE_LEN: usize = 1024;
/// Leaves room for the value.
const MAX_NAME_LEN: usize = 128;
/// What pavex asks of the key of a crypto rule.
const MIN_KEY_LEN: usize = 64;

/// All broken rules: the key to change, then the rule.
pub(super) fn violations(config: &SessionConfig, cookies: &ProcessorConfig) -> Vec<String> {
    let mut report = Report::default();
    name_rules(&config.cookie, &mut report);
    attribute_rules(&config.cookie, &mut report);
    lifetime_rules(&config.state, &mut report);
    renewal_rules(&config.state, &mut report);
    limit_rules(&config.state, &config.store, &mut report);
    log_in_rules(&config.log_in, &mut report);
    origin_rules(&config.cross_origin, &mut report);
    crypto_rules(config, cookies, &mut report);
    report.0
}

/// A processor for one cookie only, which leaves the name as it is.
pub(super) fn processor_for(name: &str, cookies: &ProcessorConfig) -> Processor {
    let mut ours = cookies.clone();
    ours.percent_encode = false;
    ours.crypto_rules
        .retain(|rule| rule.cookie_names.iter().any(|n| n == name));
    ours.into()
}

#[derive(Default)]
struct Report(Vec<String>);

impl Report {
    fn require(&mut self, rule_holds: bool, key: &str, rule: impl AsRef<str>) {
        if !rule_holds {
            self.0.push(format!("{key}: {}", rule.as_ref()));
        }
    }
}

fn name_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let name = cookie.name.as_str();
    report.require(
        (1..=MAX_NAME_LEN).contains(&name.len()) && name.bytes().all(is_token_byte),
        "session.cookie.name",
        "must be a token of at most 128 characters: letters, digits and any of !#$%&'*+-.^_`|~ (RFC 6265, section 4.1.1)",
    );
    prefix_rules(cookie, report);
}

/// Browsers compare the prefixes without regard to case (RFC 6265bis, section 4.1.3).
fn prefix_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let name = cookie.name.to_ascii_lowercase();
    if ["__secure-", "__host-", "__http-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    {
        report.require(
            cookie.secure,
            "session.cookie.secure",
            format!("must be true for a cookie called `{}`", cookie.name),
        );
    }
    if name.starts_with("__host-") {
        report.require(
            cookie.path == "/",
            "session.cookie.path",
            format!("must be `/` for a cookie called `{}`", cookie.name),
        );
        report.require(
            cookie.domain.is_none(),
            "session.cookie.domain",
            format!(
                "must not be set for a cookie called `{}`; to share it across hosts, call it `__Secure-…`",
                cookie.name
            ),
        );
    }
}

fn attribute_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b';';
    report.require(
        cookie.path.starts_with('/')
            && cookie.path.len() <= MAX_ATTRIBUTE_LEN
            && cookie.path.bytes().all(printable),
        "session.cookie.path",
        "must start with `/` and have at most 1024 printable ASCII characters, none of them `;`",
    );
    if let Some(domain) = &cookie.domain {
        let host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        report.require(
            !domain.is_empty() && domain.len() <= 253 && domain.bytes().all(host),
            "session.cookie.domain",
            "must be a host name, such as `example.com`",
        );
    }
    report.require(
        cookie.secure || cookie.same_site != SameSite::None,
        "session.cookie.same_site",
        "can be `none` only if session.cookie.secure is true",
    );
    report.require(
        cookie.secure || !cookie.partitioned,
        "session.cookie.partitioned",
        "can be true only if session.cookie.secure is true",
    );
}

fn lifetime_rules(state: &SessionStateConfig, report: &mut Report) {
    report.require(
        state.idle_timeout >= Duration::from_secs(1),
        "session.state.idle_timeout",
        "must be at least 1 second",
    );
    report.require(
        state.idle_timeout <= MAX_COOKIE_LIFETIME,
        "session.state.idle_timeout",
        "must be at most 400 days, the longest that browsers keep a cookie",
    );
    report.require(
        state.idle_timeout <= state.absolute_timeout,
        "session.state.absolute_timeout",
        "must not be shorter than session.state.idle_timeout",
    );
    report.require(
        (0.0..=1.0).contains(&state.extension_threshold),
        "session.state.extension_threshold",
        "must be between 0 and 1",
    );
}

fn renewal_rules(state: &SessionStateConfig, report: &mut Report) {
    if let Some(every) = state.renew_every {
        report.require(
            every > state.renewal_grace,
            "session.state.renew_every",
            "must be longer than session.state.renewal_grace",
        );
    }
    report.require(
        state.renewal_grace <= Duration::from_secs(60 * 60),
        "session.state.renewal_grace",
        "must be at most 1 hour: so long an old secret is good for",
    );
}

fn limit_rules(state: &SessionStateConfig, store: &SessionStoreConfig, report: &mut Report) {
    report.require(
        state.max_size >= 2,
        "session.state.max_size",
        "must be at least 2 bytes, which an empty state has",
    );
    report.require(
        store.timeout >= Duration::from_millis(1),
        "session.store.timeout",
        "must be at least 1 millisecond",
    );
}

fn log_in_rules(log_in: &LogInConfig, report: &mut Report) {
    let paths = [
        ("session.log_in.path", &log_in.path),
        (
            "session.log_in.reauthenticate_path",
            &log_in.reauthenticate_path,
        ),
    ];
    for (key, path) in paths {
        // `//host` and, in browsers, `/\host` lead to another site.
        let is_local = |path: &str| {
            path.starts_with('/')
                && !path.starts_with("//")
                && path
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#')
        };
        report.require(
            path.as_deref().is_none_or(is_local),
            key,
            "must be a path of this site: it starts with one `/` and has printable ASCII characters only, no `\\` and no `#`",
        );
    }
}

fn origin_rules(cross_origin: &CrossOriginConfig, report: &mut Report) {
    for origin in &cross_origin.trusted_origins {
        report.require(
            is_origin(origin),
            "session.cross_origin.trusted_origins",
            format!(
                "`{origin}` must be an origin as browsers send it: `https://example.com`, in lower case, without the \
                 default port and without a path"
            ),
        );
    }
}

/// What browsers write into the `Origin` header (RFC 6454, section 6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let host_byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]_".contains(&byte);
    !host.is_empty() && host.bytes().all(host_byte) && !host.ends_with(default_port)
}

fn crypto_rules(config: &SessionConfig, cookies: &ProcessorConfig, report: &mut Report) {
    let name = &config.cookie.name;
    let mut names = cookies
        .crypto_rules
        .iter()
        .flat_map(|rule| rule.cookie_names.iter().map(move |name| (name, rule)))
        .filter(|(covered, _)| *covered == name);
    let Some((_, rule)) = names.next() else {
        report.require(
            false,
            "cookies.crypto_rules",
            format!(
                "must have a rule for the session cookie: cookie_names [\"{name}\"], algorithm \"encryption\", \
                 and a random key of {MIN_KEY_LEN} bytes"
            ),
        );
        return;
    };
    report.require(
        names.next().is_none(),
        "cookies.crypto_rules",
        format!("must name `{name}` once: of several rules pavex would use only the last"),
    );
    report.require(
        config.state.client_side == ClientSide::Deny
            || matches!(rule.algorithm, CryptoAlgorithm::Encryption),
        "cookies.crypto_rules",
        format!(
            "must encrypt `{name}`, because session.state.client_side is `allow`: set algorithm to \"encryption\""
        ),
    );
    key_rules(rule, name, report);
}

fn key_rules(rule: &CryptoRule, name: &str, report: &mut Report) {
    let fallbacks = rule.fallbacks.iter().map(|fallback| &fallback.key);
    for (key, path) in
        std::iter::once((&rule.key, "key")).chain(fallbacks.map(|k| (k, "fallbacks")))
    {
        report.require(
            is_strong(key),
            "cookies.crypto_rules",
            format!(
                "the {path} of the rule for `{name}` must be {MIN_KEY_LEN} random bytes; this one is \
                 shorter, or a repetition of few different bytes"
            ),
        );
    }
}

fn is_strong(key: &Key) -> bool {
    let mut seen = [false; 256];
    for byte in key.master() {
        seen[usize::from(*byte)] = true;
    }
    // Random bytes, and random hexadecimal digits too, show far more than eight different ones.
    let distinct = seen.iter().filter(|seen| **seen).count();
    key.master().len() >= MIN_KEY_LEN && distinct >= 8
}

/// `token` of RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
