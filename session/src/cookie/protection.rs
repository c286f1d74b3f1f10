//! The session cookie of an application: its crypto rule, and the headers made with it.

use std::time::Duration;

use pavex::cookie::ProcessorConfig;
use pavex::http::HeaderValue;

use super::keys::{self, CookieKeys, Sealed};
use super::payload::{CookiePayload, InvalidCookie};
use super::set_cookie;
use crate::config::cookie::CookiePersistence;
use crate::config::crypto_rules::{CRYPTO_RULE, rules_for};
use crate::config::session::SessionConfig;
use crate::store::lifetime::Lifetime;

/// The size of the value of a cookie without client-side state, in bytes.
pub(crate) const MIN_VALUE_LEN: usize = keys::signed_len(CookiePayload::encoded_len(0));

/// Enough to open a cookie with little client-side state without an allocation.
const TYPICAL_BUFFER_LEN: usize = 256;

/// Reads and writes the session cookie.
#[derive(Clone)]
pub(crate) struct CookieProtection {
    /// All attributes except `Max-Age`.
    attributes: String,
    /// True if a cookie of the ordinary lifetime is kept when the browser is closed.
    is_persistent: bool,
    allows_remembered: bool,
    max_client_state: usize,
    keys: CookieKeys,
}

impl CookieProtection {
    /// Requires that the configuration meets the rules for the cookie.
    pub(crate) fn new(config: &SessionConfig, cookies: &ProcessorConfig) -> Self {
        let cookie = &config.cookie;
        Self {
            attributes: set_cookie::attributes(cookie),
            is_persistent: cookie.persistence == CookiePersistence::Persistent,
            allows_remembered: config.log_in.allow_remembered,
            max_client_state: keys::max_encrypted_content(set_cookie::max_value_len(config))
                .saturating_sub(CookiePayload::encoded_len(0)),
            keys: keys_for(&cookie.name, cookies),
        }
    }

    /// Returns the payload of a cookie value.
    pub(crate) fn read(&self, value: &[u8]) -> Result<CookiePayload, InvalidCookie> {
        let (mut small, mut large) = ([0; TYPICAL_BUFFER_LEN], Vec::new());
        let buffer = match keys::buffer_len(value.len()) {
            ..=TYPICAL_BUFFER_LEN => &mut small[..],
            len => {
                large.resize(len, 0);
                &mut large[..]
            }
        };
        let opened = self
            .keys
            .open(value, buffer)
            .ok_or(InvalidCookie::NotAuthentic)?;
        Ok(CookiePayload {
            has_old_key: opened.has_old_key,
            ..CookiePayload::decode(opened.content)?
        })
    }

    /// Returns the header that sets the cookie.
    pub(crate) fn set(&self, cookie: &CookiePayload) -> Result<HeaderValue, getrandom::Error> {
        // Browsers take a `Max-Age` of zero for a removal.
        let max_age = cookie.max_age().max(Duration::from_secs(1));
        let is_persistent = match cookie.lifetime {
            Lifetime::Remembered if self.allows_remembered => true,
            Lifetime::BrowserSession => false,
            _ => self.is_persistent,
        };
        let has_client_state = !cookie.client_state.is_empty();
        let content = cookie.encode(keys::OVERHEAD);
        let value = self.keys.seal(content, has_client_state)?;
        Ok(self.header(Some(&value), is_persistent.then_some(max_age)))
    }

    /// Returns the header that removes the cookie.
    pub(crate) fn remove(&self) -> HeaderValue {
        self.header(None, Some(Duration::ZERO))
    }

    fn header(&self, value: Option<&Sealed>, max_age: Option<Duration>) -> HeaderValue {
        set_cookie::header(self.keys.name(), value, &self.attributes, max_age)
    }

    /// Returns the size of the largest client-side state that fits into the cookie, in bytes of
    /// JSON.
    pub(crate) fn max_client_state(&self) -> usize {
        self.max_client_state
    }
}

fn keys_for(name: &str, cookies: &ProcessorConfig) -> CookieKeys {
    let rule = rules_for(CRYPTO_RULE, cookies).next();
    let rule = rule.expect("`config::rules` requires a rule for the cookie");
    CookieKeys::new(name, rule)
}
