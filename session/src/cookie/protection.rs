//! The session cookie of an application: its crypto rule, and the headers made with it.

use std::time::Duration;

use pavex::cookie::config::CryptoRule;
use pavex::cookie::{Processor, ProcessorConfig, ResponseCookie};
use pavex::http::HeaderValue;

use super::payload::{CookiePayload, InvalidCookie};
use super::set_cookie;
use crate::config::cookie::CookiePersistence;
use crate::config::session::SessionConfig;

/// The size of the value of a cookie without client-side state, in bytes.
pub(crate) const MIN_VALUE_LEN: usize = value_len(CookiePayload::encoded_len(0));

/// Reads and writes the session cookie, which is encrypted or signed.
#[derive(Clone)]
pub(crate) struct CookieProtection {
    name: String,
    /// All attributes except `Max-Age`.
    attributes: String,
    is_persistent: bool,
    max_client_state: usize,
    processor: Processor,
    /// Reads cookies under the fallback keys, too, if there are any.
    with_fallbacks: Option<Processor>,
}

impl CookieProtection {
    /// Requires that the configuration meets the rules for the cookie.
    pub(crate) fn new(config: &SessionConfig, cookies: &ProcessorConfig) -> Self {
        let cookie = &config.cookie;
        Self {
            name: cookie.name.clone(),
            attributes: set_cookie::attributes(cookie),
            is_persistent: cookie.persistence == CookiePersistence::Persistent,
            max_client_state: max_payload_len(set_cookie::max_value_len(config))
                .saturating_sub(CookiePayload::encoded_len(0)),
            processor: processor_for(&cookie.name, cookies, false),
            with_fallbacks: has_fallbacks(&cookie.name, cookies)
                .then(|| processor_for(&cookie.name, cookies, true)),
        }
    }

    /// Returns `true` if the cookie is encrypted, not only signed.
    pub(crate) fn encrypts(&self) -> bool {
        self.processor.will_encrypt(&self.name)
    }

    /// Returns the payload of a cookie value.
    pub(crate) fn read(&self, value: &str) -> Result<CookiePayload, InvalidCookie> {
        if let Ok(cookie) = self.processor.process_incoming(&self.name, value) {
            return CookiePayload::decode(cookie.value());
        }
        // A processor does not report which of its keys matched.
        let with_fallbacks = self.with_fallbacks.as_ref();
        let older = with_fallbacks.and_then(|it| it.process_incoming(&self.name, value).ok());
        let older = older.ok_or(InvalidCookie::NotAuthentic)?;
        Ok(CookiePayload {
            has_old_key: true,
            ..CookiePayload::decode(older.value())?
        })
    }

    /// Returns the header that sets the cookie.
    pub(crate) fn set(&self, value: String, lifetime: Duration) -> HeaderValue {
        // Browsers take a `Max-Age` of zero for a removal.
        let lifetime = lifetime.max(Duration::from_secs(1));
        let cookie = ResponseCookie::new(self.name.as_str(), value);
        let protected = self.processor.process_outgoing(cookie);
        self.header(protected.value(), self.is_persistent.then_some(lifetime))
    }

    /// Returns the header that removes the cookie.
    pub(crate) fn remove(&self) -> HeaderValue {
        self.header("", Some(Duration::ZERO))
    }

    fn header(&self, value: &str, max_age: Option<Duration>) -> HeaderValue {
        set_cookie::header(&self.name, value, &self.attributes, max_age)
    }

    /// Returns the size of the largest client-side state that fits into the cookie, in bytes of
    /// JSON.
    pub(crate) fn max_client_state(&self) -> usize {
        self.max_client_state
    }
}

/// Returns the size of the value that a payload of `len` bytes becomes.
///
/// biscotti encrypts to base64, without padding, of nonce (12 bytes), ciphertext and tag (16). A
/// signed cookie has no client-side state, so its size is small and constant.
const fn value_len(len: usize) -> usize {
    ((len + 28) * 4).div_ceil(3)
}

/// Returns the size of the largest payload whose value has at most `value_len` bytes.
const fn max_payload_len(value_len: usize) -> usize {
    (value_len * 3 / 4).saturating_sub(28)
}

/// Returns a processor for one cookie, which does not percent-encode its name.
fn processor_for(name: &str, cookies: &ProcessorConfig, fallbacks: bool) -> Processor {
    let mut ours = cookies.clone();
    ours.percent_encode = false;
    ours.crypto_rules.retain(|rule| covers(rule, name));
    if !fallbacks {
        let rules = ours.crypto_rules.iter_mut();
        rules.for_each(|rule| rule.fallbacks.clear());
    }
    ours.into()
}

fn has_fallbacks(name: &str, cookies: &ProcessorConfig) -> bool {
    let mut rules = cookies.crypto_rules.iter();
    rules.any(|rule| covers(rule, name) && !rule.fallbacks.is_empty())
}

fn covers(rule: &CryptoRule, name: &str) -> bool {
    rule.cookie_names.iter().any(|n| n == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_payload_fills_the_value() {
        for len in 0..200 {
            assert_eq!(max_payload_len(value_len(len)), len);
            assert!(max_payload_len(value_len(len) - 1) < len.max(1));
        }
    }
}
