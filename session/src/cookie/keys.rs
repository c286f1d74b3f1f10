//! The keys of the session cookie, and its encryption or signature.
//!
//! The value of the cookie is base64url, without padding:
//!
//! - encrypted with AES-256-GCM-SIV (RFC 8452): nonce (12 bytes), ciphertext, tag (16),
//! - or signed with HMAC-SHA256 (RFC 2104): content, tag (32).
//!
//! The name of the cookie is authenticated too. Pavex encrypts its own cookies in the same way and
//! with the same key, but derives the key schedule again for each cookie.

use std::iter;
use std::ops::Range;

use aes_gcm_siv::aead::{AeadInOut, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Tag};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use pavex::cookie::Key;
use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use sha2::Sha256;

use crate::random;

const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
const SIGNATURE_LEN: usize = 32;

/// The largest number of bytes that the protection adds to a content: nonce and tag take fewer.
pub(super) const OVERHEAD: usize = SIGNATURE_LEN;

/// The keys of the crypto rule for the session cookie.
#[derive(Clone)]
pub(super) struct CookieKeys {
    main: CookieKey,
    /// The keys that were replaced. They open cookies and protect none.
    fallbacks: Vec<CookieKey>,
}

#[derive(Clone)]
enum CookieKey {
    Encryption(Box<Aes256GcmSiv>),
    Signing(Box<Hmac<Sha256>>),
}

/// The content of an authentic cookie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened<'a> {
    pub(super) content: &'a [u8],
    /// True if it is protected with a fallback key.
    pub(super) has_old_key: bool,
}

impl CookieKeys {
    pub(super) fn new(rule: &CryptoRule) -> Self {
        let fallbacks = rule.fallbacks.iter();
        Self {
            main: CookieKey::new(&rule.key, rule.algorithm),
            fallbacks: fallbacks
                .map(|fallback| CookieKey::new(&fallback.key, fallback.algorithm))
                .collect(),
        }
    }

    /// Returns `true` if cookies are encrypted, not only signed.
    pub(super) fn encrypts(&self) -> bool {
        matches!(self.main, CookieKey::Encryption(_))
    }

    /// Appends the value of a cookie with that content to a header.
    pub(super) fn seal(
        &self,
        name: &str,
        mut content: Vec<u8>,
        header: &mut String,
    ) -> Result<(), getrandom::Error> {
        match &self.main {
            CookieKey::Encryption(cipher) => encrypt(cipher, name, &mut content)?,
            CookieKey::Signing(key) => sign(key, name, &mut content),
        }
        BASE64_URL_SAFE_NO_PAD.encode_string(content, header);
        Ok(())
    }

    /// Opens a cookie. Returns `None` if its value is not authentic, or if `buffer` is shorter than
    /// [`buffer_len`].
    pub(super) fn open<'b>(
        &self,
        name: &str,
        value: &[u8],
        buffer: &'b mut [u8],
    ) -> Option<Opened<'b>> {
        let fallbacks = self.fallbacks.iter().map(|key| (key, true));
        let mut keys = iter::once((&self.main, false)).chain(fallbacks);
        let open = |(key, is_old): (&CookieKey, _)| Some((key.open(name, value, buffer)?, is_old));
        let (content, has_old_key) = keys.find_map(open)?;
        Some(Opened {
            content: &buffer[content],
            has_old_key,
        })
    }
}

impl CookieKey {
    fn new(key: &Key, algorithm: CryptoAlgorithm) -> Self {
        match algorithm {
            CryptoAlgorithm::Encryption => {
                let key = derive(key, b"COOKIE;AEAD-AES-256-GCM-SIV");
                Self::Encryption(Box::new(Aes256GcmSiv::new(&key.into())))
            }
            CryptoAlgorithm::Signing => {
                let key = derive(key, b"session cookie; HMAC-SHA256");
                let key = Hmac::new_from_slice(&key).expect("HMAC accepts a key of any length");
                Self::Signing(Box::new(key))
            }
            _ => unreachable!("the version of Pavex that is required has two algorithms"),
        }
    }

    /// Opens a cookie in `buffer`, and returns the position of its content.
    fn open(&self, name: &str, value: &[u8], buffer: &mut [u8]) -> Option<Range<usize>> {
        let len = BASE64_URL_SAFE_NO_PAD.decode_slice(value, buffer).ok()?;
        let sealed = &mut buffer[..len];
        match self {
            Self::Encryption(cipher) => decrypt(cipher, name, sealed),
            Self::Signing(key) => {
                let (content, tag) = sealed.split_last_chunk::<SIGNATURE_LEN>()?;
                signature(key, name, content).verify_slice(tag).ok()?;
                Some(0..content.len())
            }
        }
    }
}

fn encrypt(
    cipher: &Aes256GcmSiv,
    name: &str,
    content: &mut Vec<u8>,
) -> Result<(), getrandom::Error> {
    let nonce: [u8; NONCE_LEN] = random::bytes()?;
    let tag = cipher
        .encrypt_inout_detached(&nonce.into(), name.as_bytes(), content[..].as_mut().into())
        .expect("a cookie has less than the 64 GiB that the cipher allows");
    content.splice(..0, nonce);
    content.extend_from_slice(&tag);
    Ok(())
}

fn decrypt(cipher: &Aes256GcmSiv, name: &str, sealed: &mut [u8]) -> Option<Range<usize>> {
    let (&mut nonce, rest) = sealed.split_first_chunk_mut::<NONCE_LEN>()?;
    let (text, &mut tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
    let content = NONCE_LEN..NONCE_LEN + text.len();
    cipher
        .decrypt_inout_detached(&nonce.into(), name.as_bytes(), text.into(), &Tag::from(tag))
        .ok()?;
    Some(content)
}

fn sign(key: &Hmac<Sha256>, name: &str, content: &mut Vec<u8>) {
    let signature = signature(key, name, content).finalize();
    content.extend_from_slice(&signature.into_bytes());
}

/// Returns the HMAC of name and content. No name contains the byte between them.
fn signature(key: &Hmac<Sha256>, name: &str, content: &[u8]) -> Hmac<Sha256> {
    key.clone()
        .chain_update(name)
        .chain_update([0])
        .chain_update(content)
}

/// Derives a key for one purpose (HKDF-Expand, RFC 5869), as Pavex does it.
fn derive(key: &Key, purpose: &[u8]) -> [u8; 32] {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::from_prk(key.master())
        .expect("Pavex requires keys of at least 32 bytes")
        .expand(purpose, &mut derived)
        .expect("HKDF-SHA256 can derive up to 8,160 bytes");
    derived
}

/// Returns the number of bytes that it takes to open a cookie with a value of that length.
pub(super) fn buffer_len(value: usize) -> usize {
    base64::decoded_len_estimate(value)
}

/// Returns the length of the value of a signed cookie with that length of content.
pub(super) const fn signed_len(content: usize) -> usize {
    ((content + SIGNATURE_LEN) * 4).div_ceil(3)
}

/// Returns the largest length of content of which the encrypted value has at most `value` bytes.
pub(super) const fn max_encrypted_content(value: usize) -> usize {
    (value * 3 / 4).saturating_sub(NONCE_LEN + TAG_LEN)
}

#[cfg(test)]
mod tests;
