//! The rules that a configuration must meet before the server starts.

use std::time::Duration;

use pavex::cookie::ProcessorConfig;
use time::UtcDateTime;

use super::cookie::{SameSite, SessionCookieConfig};
use super::crypto_rules;
use super::session::{CrossOriginConfig, SessionConfig, SessionStoreConfig};
use super::state::SessionStateConfig;
use super::timeouts::Timeouts;
use super::timestamp;
use super::violation::{PolicyError, Report};
use crate::clock::Clock;
use crate::cookie::{protection, set_cookie};
use crate::local_path::LocalPath;

/// Browsers shorten longer lifetimes (RFC 6265bis, "Cookie Lifetime Limits").
const MAX_COOKIE_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// Browsers ignore longer attributes (RFC 6265bis, section 5.6).
const MAX_ATTRIBUTE_LEN: usize = 1024;
/// The longest name in DNS.
const MAX_HOST_LEN: usize = 253;
/// A longer name would leave too little room for the value.
const MAX_NAME_LEN: usize = 128;

/// Checks all rules.
pub(super) fn check(config: &SessionConfig, cookies: &ProcessorConfig) -> Result<(), PolicyError> {
    let mut report = Report::default();
    name_rules(&config.cookie, &mut report);
    attribute_rules(&config.cookie, &mut report);
    size_rules(config, &mut report);
    lifetime_rules(&config.state, &mut report);
    anonymous_rules(&config.state, &mut report);
    cut_rules(config.state.valid_from, &mut report);
    renewal_rules(&config.state, &mut report);
    limit_rules(&config.state, &config.store, &mut report);
    log_in_rules(config, &mut report);
    origin_rules(&config.cross_origin, &mut report);
    crypto_rules::check(config, cookies, &mut report);
    report.into_result()
}

fn name_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let name = cookie.name.as_str();
    report.require(
        (1..=MAX_NAME_LEN).contains(&name.len()) && name.bytes().all(is_token_byte),
        "session.cookie.name",
        "must be a token of at most 128 characters: letters, digits and any of !#$%&'*+-.^_`|~ \
         (RFC 6265, section 4.1.1)",
    );
    prefix_rules(cookie, report);
}

/// Browsers compare the prefixes without regard to case (RFC 6265bis, section 4.1.3).
fn prefix_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let name = cookie.name.to_ascii_lowercase();
    let mut prefixes = ["__secure-", "__host-", "__http-"].iter();
    if prefixes.any(|prefix| name.starts_with(prefix)) {
        report.require(
            cookie.secure,
            "session.cookie.secure",
            format!("must be true for a cookie called `{}`", cookie.name),
        );
    }
    if name.starts_with("__host-") {
        host_prefix_rules(cookie, report);
    }
}

fn host_prefix_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    let name = &cookie.name;
    report.require(
        cookie.path == "/",
        "session.cookie.path",
        format!("must be `/` for a cookie called `{name}`"),
    );
    report.require(
        cookie.domain.is_none(),
        "session.cookie.domain",
        format!(
            "must not be set for a cookie called `{name}`; to share it across hosts, call it \
             `__Secure-…`"
        ),
    );
}

fn attribute_rules(cookie: &SessionCookieConfig, report: &mut Report) {
    report.require(
        is_path(&cookie.path),
        "session.cookie.path",
        "must start with `/` and have at most 1024 printable ASCII characters, none of them `;`",
    );
    report.require(
        cookie.domain.as_deref().is_none_or(is_host_name),
        "session.cookie.domain",
        "must be a host name, such as `example.com`",
    );
    insecure_cookie_rules(cookie, report);
}

fn is_path(path: &str) -> bool {
    let printable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b';';
    path.starts_with('/') && path.len() <= MAX_ATTRIBUTE_LEN && path.bytes().all(printable)
}

fn is_host_name(domain: &str) -> bool {
    let host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (1..=MAX_HOST_LEN).contains(&domain.len()) && domain.bytes().all(host)
}

/// Browsers refuse these combinations (RFC 6265bis, section 5.7).
fn insecure_cookie_rules(cookie: &SessionCookieConfig, report: &mut Report) {
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

fn size_rules(config: &SessionConfig, report: &mut Report) {
    let smallest = set_cookie::header_size(config, protection::MIN_VALUE_LEN);
    report.require(
        config.cookie.max_header_size >= smallest,
        "session.cookie.max_header_size",
        format!("must be at least {smallest} bytes, the size without client-side state"),
    );
}

fn lifetime_rules(state: &SessionStateConfig, report: &mut Report) {
    idle_timeout_rules(state.idle_timeout, report);
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

fn anonymous_rules(state: &SessionStateConfig, report: &mut Report) {
    let anonymous = Timeouts::of_anonymous(state);
    report.require(
        state
            .anonymous
            .idle_timeout
            .is_none_or(|idle| idle >= Duration::from_secs(1)),
        "session.state.anonymous.idle_timeout",
        "must be at least 1 second",
    );
    report.require(
        anonymous.idle <= state.idle_timeout,
        "session.state.anonymous.idle_timeout",
        "must not be longer than session.state.idle_timeout",
    );
    report.require(
        anonymous.absolute <= state.absolute_timeout,
        "session.state.anonymous.absolute_timeout",
        "must not be longer than session.state.absolute_timeout",
    );
    report.require(
        anonymous.idle <= anonymous.absolute || state.idle_timeout > state.absolute_timeout,
        "session.state.anonymous.absolute_timeout",
        "must not be shorter than session.state.anonymous.idle_timeout; the defaults are 1 day and \
         2 hours",
    );
}

fn remembered_rules(config: &SessionConfig, report: &mut Report) {
    let state = &config.state;
    if let Some(idle_timeout) = config.log_in.remembered.idle_timeout {
        remembered_idle_rules(idle_timeout, state, report);
    }
    let remembered = Timeouts::of_remembered(state, &config.log_in);
    let key = "session.log_in.remembered.absolute_timeout";
    report.require(
        remembered.absolute >= state.absolute_timeout,
        key,
        "must not be shorter than session.state.absolute_timeout",
    );
    report.require(
        remembered.idle <= remembered.absolute || state.idle_timeout > state.absolute_timeout,
        key,
        "must not be shorter than session.log_in.remembered.idle_timeout; the defaults are 30 days \
         and 14 days",
    );
}

fn remembered_idle_rules(idle_timeout: Duration, state: &SessionStateConfig, report: &mut Report) {
    let key = "session.log_in.remembered.idle_timeout";
    report.require(
        idle_timeout >= state.idle_timeout,
        key,
        "must not be shorter than session.state.idle_timeout",
    );
    report.require(
        idle_timeout <= MAX_COOKIE_LIFETIME,
        key,
        "must be at most 400 days, the longest time that browsers keep a cookie",
    );
}

fn idle_timeout_rules(idle_timeout: Duration, report: &mut Report) {
    report.require(
        idle_timeout >= Duration::from_secs(1),
        "session.state.idle_timeout",
        "must be at least 1 second",
    );
    report.require(
        idle_timeout <= MAX_COOKIE_LIFETIME,
        "session.state.idle_timeout",
        "must be at most 400 days, the longest time that browsers keep a cookie",
    );
}

fn cut_rules(valid_from: Option<UtcDateTime>, report: &mut Report) {
    let now = Clock::system().now();
    report.require(
        valid_from.is_none_or(|valid_from| valid_from <= now),
        "session.state.valid_from",
        format!(
            "must not be in the future, or no session would be accepted; the clock of this server \
             shows {}",
            timestamp::text(now)
        ),
    );
}

fn renewal_rules(state: &SessionStateConfig, report: &mut Report) {
    report.require(
        state
            .renew_every
            .is_none_or(|every| every > state.renewal_grace),
        "session.state.renew_every",
        "must be longer than session.state.renewal_grace",
    );
    report.require(
        state.renewal_grace <= Duration::from_secs(60 * 60),
        "session.state.renewal_grace",
        "must be at most 1 hour, because an old secret is valid for that time",
    );
}

fn limit_rules(state: &SessionStateConfig, store: &SessionStoreConfig, report: &mut Report) {
    report.require(
        state.max_size >= 2,
        "session.state.max_size",
        "must be at least 2 bytes, the size of an empty state",
    );
    report.require(
        store.timeout >= Duration::from_millis(1),
        "session.store.timeout",
        "must be at least 1 millisecond",
    );
    recent_rules(store, report);
}

fn recent_rules(store: &SessionStoreConfig, report: &mut Report) {
    report.require(
        store.recent <= Duration::from_secs(60),
        "session.store.recent",
        "must be at most 1 minute, because a session that another process has ended is read for \
         that time",
    );
}

fn log_in_rules(config: &SessionConfig, report: &mut Report) {
    let log_in = &config.log_in;
    remembered_rules(config, report);
    let reauthenticate_path = &log_in.reauthenticate_path;
    page_rule("session.log_in.path", &log_in.path, report);
    page_rule(
        "session.log_in.reauthenticate_path",
        reauthenticate_path,
        report,
    );
}

fn page_rule(key: &'static str, path: &Option<String>, report: &mut Report) {
    let is_page = |path: &str| LocalPath::parse(path).is_some() && !path.contains('#');
    report.require(
        path.as_deref().is_none_or(is_page),
        key,
        "must be a path of this site: it starts with one `/` and has at most 1024 printable ASCII \
         characters, none of them `\\` or `#`",
    );
}

fn origin_rules(cross_origin: &CrossOriginConfig, report: &mut Report) {
    for origin in &cross_origin.trusted_origins {
        report.require(
            is_origin(origin),
            "session.cross_origin.trusted_origins",
            format!(
                "`{origin}` must be an origin as browsers send it: `https://example.com`, in lower \
                 case, without the default port and without a path"
            ),
        );
    }
}

/// Returns `true` for a text that browsers write into the `Origin` header (RFC 6454, section 6.2).
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

/// Returns `true` for a byte of a `token` (RFC 9110, section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
