//! The keys of the session cookie, and its signature or encryption.
//!
//! Only client-side state is hidden from the browser. The rest of a cookie is two times, flags, and
//! the token, which whoever has the cookie can use anyway. So there are two protections. The value
//! is a letter and base64url, without padding:
//!
//! - `s`, signed with HMAC-SHA256 (RFC 2104): content, and the first 16 bytes of the tag;
//! - `e`, encrypted with AES-256-GCM-SIV (RFC 8452), if the content has client-side state: nonce
//!   (12 bytes), ciphertext, tag (16).
//!
//! A further letter needs a release that reads it before one that writes it: to a release that does
//! not know it, such a cookie is not authentic.
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

use super::payload::Content;
use crate::random;

const SIGNED: u8 = b's';
const ENCRYPTED: u8 = b'e';
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;

/// The largest number of bytes that the protection adds to a content.
pub(super) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// The keys of the crypto rule for the session cookie.
#[derive(Clone)]
pub(super) struct CookieKeys {
    name: String,
    main: CookieKey,
    /// The keys that were replaced. They open cookies and protect none.
    fallbacks: Vec<CookieKey>,
}

#[derive(Clone)]
struct CookieKey {
    signing: Hmac<Sha256>,
    /// `None` if the key only signs.
    encryption: Option<Box<Aes256GcmSiv>>,
}

/// The content of an authentic cookie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened<'a> {
    pub(super) content: &'a [u8],
    /// True if it is protected with a fallback key.
    pub(super) has_old_key: bool,
}

/// The value of a cookie: a letter, and the base64 of some bytes.
pub(super) struct Sealed {
    letter: u8,
    bytes: Content,
}

impl Sealed {
    /// Returns the number of characters.
    pub(super) fn len(&self) -> usize {
        value_len(self.bytes.len())
    }

    pub(super) fn append_to(&self, header: &mut Vec<u8>) {
        header.push(self.letter);
        let start = header.len();
        header.resize(start + self.len() - 1, 0);
        BASE64_URL_SAFE_NO_PAD
            .encode_slice(&self.bytes, &mut header[start..])
            .expect("that is the length of the base64");
    }
}

impl CookieKeys {
    pub(super) fn new(name: &str, rule: &CryptoRule) -> Self {
        let fallbacks = rule.fallbacks.iter();
        let fallbacks = fallbacks.map(|it| CookieKey::new(name, &it.key, it.algorithm));
        Self {
            name: name.to_owned(),
            main: CookieKey::new(name, &rule.key, rule.algorithm),
            fallbacks: fallbacks.collect(),
        }
    }

    /// Returns the name of the cookie.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value of a cookie with that content. A secret content is encrypted, if the rule
    /// encrypts.
    pub(super) fn seal(
        &self,
        mut content: Content,
        is_secret: bool,
    ) -> Result<Sealed, getrandom::Error> {
        let letter = match &self.main.encryption {
            Some(cipher) if is_secret => {
                encrypt(cipher, &self.name, &mut content)?;
                ENCRYPTED
            }
            _ => {
                sign(&self.main.signing, &mut content);
                SIGNED
            }
        };
        Ok(Sealed {
            letter,
            bytes: content,
        })
    }

    /// Opens a cookie. Returns `None` if its value is not authentic, or if `buffer` is shorter than
    /// [`buffer_len`].
    pub(super) fn open<'b>(&self, value: &[u8], buffer: &'b mut [u8]) -> Option<Opened<'b>> {
        let fallbacks = self.fallbacks.iter().map(|key| (key, true));
        let mut keys = iter::once((&self.main, false)).chain(fallbacks);
        let (content, has_old_key) = keys.find_map(|(key, is_old)| {
            let content = key.open(&self.name, value, buffer)?;
            Some((content, is_old))
        })?;
        Some(Opened {
            content: &buffer[content],
            has_old_key,
        })
    }
}

impl CookieKey {
    fn new(name: &str, key: &Key, algorithm: CryptoAlgorithm) -> Self {
        let purpose = ["session cookie; HMAC-SHA256; ", name];
        let signing = derive(key, &purpose.map(str::as_bytes));
        let encryption = matches!(algorithm, CryptoAlgorithm::Encryption).then(|| {
            let key = derive(key, &[b"COOKIE;AEAD-AES-256-GCM-SIV"]);
            Box::new(Aes256GcmSiv::new(&key.into()))
        });
        let signing = Hmac::new_from_slice(&signing).expect("HMAC accepts a key of any length");
        Self {
            signing,
            encryption,
        }
    }

    /// Opens a cookie in `buffer`, and returns the position of its content.
    fn open(&self, name: &str, value: &[u8], buffer: &mut [u8]) -> Option<Range<usize>> {
        let (letter, value) = value.split_first()?;
        let len = BASE64_URL_SAFE_NO_PAD.decode_slice(value, buffer).ok()?;
        let sealed = &mut buffer[..len];
        match *letter {
            SIGNED => verify(&self.signing, sealed),
            ENCRYPTED => decrypt(self.encryption.as_ref()?, name, sealed),
            _ => None,
        }
    }
}

fn encrypt(
    cipher: &Aes256GcmSiv,
    name: &str,
    content: &mut Content,
) -> Result<(), getrandom::Error> {
    let nonce: [u8; NONCE_LEN] = random::bytes()?;
    let tag = cipher
        .encrypt_inout_detached(&nonce.into(), name.as_bytes(), content[..].as_mut().into())
        .expect("a cookie has less than the 64 GiB that the cipher allows");
    content.insert_from_slice(0, &nonce);
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

fn sign(key: &Hmac<Sha256>, content: &mut Content) {
    let signature = key.clone().chain_update(&*content).finalize().into_bytes();
    content.extend_from_slice(&signature[..TAG_LEN]);
}

fn verify(key: &Hmac<Sha256>, sealed: &[u8]) -> Option<Range<usize>> {
    let (content, tag) = sealed.split_last_chunk::<TAG_LEN>()?;
    let signature = key.clone().chain_update(content);
    signature.verify_truncated_left(tag).ok()?;
    Some(0..content.len())
}

/// Derives a key for one purpose (HKDF-Expand, RFC 5869), as Pavex does it.
fn derive(key: &Key, purpose: &[&[u8]]) -> [u8; 32] {
    let mut derived = [0; 32];
    Hkdf::<Sha256>::from_prk(key.master())
        .expect("Pavex requires keys of at least 32 bytes")
        .expand_multi_info(purpose, &mut derived)
        .expect("HKDF-SHA256 can derive up to 8,160 bytes");
    derived
}

/// Returns the number of bytes that it takes to open a cookie with a value of that length.
pub(super) fn buffer_len(value: usize) -> usize {
    base64::decoded_len_estimate(value)
}

/// Returns the length of the value of a signed cookie with that length of content.
pub(super) const fn signed_len(content: usize) -> usize {
    value_len(content + TAG_LEN)
}

const fn value_len(bytes: usize) -> usize {
    1 + (bytes * 4).div_ceil(3)
}

/// Returns the largest length of content of which the encrypted value has at most `value` bytes.
pub(super) const fn max_encrypted_content(value: usize) -> usize {
    (value.saturating_sub(1) * 3 / 4).saturating_sub(OVERHEAD)
}

#[cfg(test)]
mod tests;
