//! The session cookie of an application: its crypto rule, and the headers made with it.

use std::time::Duration;

use pavex::cookie::ProcessorConfig;
use pavex::http::HeaderValue;

use super::keys::{self, CookieKeys};
use super::payload::{CookiePayload, InvalidCookie};
use super::set_cookie;
use crate::config::cookie::CookiePersistence;
use crate::config::session::SessionConfig;
use crate::store::lifetime::Lifetime;

/// The size of the value of a cookie without client-side state, in bytes; of a signed one, which is
/// the larger.
pub(crate) const MIN_VALUE_LEN: usize = keys::signed_len(CookiePayload::encoded_len(0));

/// Reads and writes the session cookie, which is encrypted or signed.
#[derive(Clone)]
pub(crate) struct CookieProtection {
    name: String,
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
            name: cookie.name.clone(),
            attributes: set_cookie::attributes(cookie),
            is_persistent: cookie.persistence == CookiePersistence::Persistent,
            allows_remembered: config.log_in.allow_remembered,
            max_client_state: keys::max_encrypted_content(set_cookie::max_value_len(config))
                .saturating_sub(CookiePayload::encoded_len(0)),
            keys: keys_for(&cookie.name, cookies),
        }
    }

    /// Returns `true` if the cookie is encrypted, not only signed.
    pub(crate) fn encrypts(&self) -> bool {
        self.keys.encrypts()
    }

    /// Returns the payload of a cookie value.
    pub(crate) fn read(&self, value: &[u8]) -> Result<CookiePayload, InvalidCookie> {
        match self.keys.open(&self.name, value) {
            Some(opened) => Ok(CookiePayload {
                has_old_key: opened.has_old_key,
                ..CookiePayload::decode(&opened.content)?
            }),
            None => Err(InvalidCookie::NotAuthentic),
        }
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
        let value = self.keys.seal(&self.name, &cookie.encode())?;
        Ok(self.header(&value, is_persistent.then_some(max_age)))
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

fn keys_for(name: &str, cookies: &ProcessorConfig) -> CookieKeys {
    let mut rules = cookies.crypto_rules.iter();
    let rule = rules.find(|rule| rule.cookie_names.iter().any(|covered| covered == name));
    CookieKeys::new(rule.expect("`config::rules` requires a rule for the cookie"))
}
