use pavex::cookie::config::FallbackConfig;
use pavex::cookie::{Processor, ProcessorConfig, ResponseCookie};

use super::*;

const NAME: &str = "__Host-Http-id";
const CONTENT: &[u8] = b"1 content";
const ALGORITHMS: [CryptoAlgorithm; 2] = [CryptoAlgorithm::Encryption, CryptoAlgorithm::Signing];

fn rule(algorithm: CryptoAlgorithm) -> CryptoRule {
    CryptoRule {
        cookie_names: vec![NAME.to_owned()],
        algorithm,
        key: Key::generate(),
        fallbacks: vec![],
    }
}

/// Returns the content, and whether it has an old key.
fn open(keys: &CookieKeys, name: &str, value: impl AsRef<[u8]>) -> Option<(Vec<u8>, bool)> {
    let mut buffer = vec![0; buffer_len(value.as_ref().len())];
    let opened = keys.open(name, value.as_ref(), &mut buffer)?;
    Some((opened.content.to_vec(), opened.has_old_key))
}

fn opened(content: &[u8], has_old_key: bool) -> Option<(Vec<u8>, bool)> {
    Some((content.to_vec(), has_old_key))
}

fn seal(keys: &CookieKeys, name: &str, content: &[u8]) -> String {
    let mut value = String::new();
    keys.seal(name, content.to_vec(), &mut value).unwrap();
    value
}

#[test]
fn a_sealed_content_opens_under_its_name_and_key_only() {
    for algorithm in ALGORITHMS {
        let keys = CookieKeys::new(&rule(algorithm));
        let value = seal(&keys, NAME, CONTENT);
        assert_eq!(open(&keys, NAME, &value), opened(CONTENT, false));
        assert_eq!(open(&keys, "id", &value), None);
        let others = CookieKeys::new(&rule(algorithm));
        assert_eq!(open(&others, NAME, &value), None);
    }
}

#[test]
fn a_value_with_any_bit_changed_or_cut_off_is_not_authentic() {
    for algorithm in ALGORITHMS {
        let keys = CookieKeys::new(&rule(algorithm));
        let value = seal(&keys, NAME, CONTENT);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&value).unwrap();
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(open(&keys, NAME, &changed), None, "bit {bit}");
        }
        for len in 0..value.len() {
            assert_eq!(open(&keys, NAME, &value[..len]), None, "{len} characters");
        }
        for rubbish in ["=", "é", &format!("{value}="), &format!("{value}A")] {
            assert_eq!(open(&keys, NAME, rubbish), None, "{rubbish}");
        }
    }
}

#[test]
fn an_encrypted_content_is_different_each_time_and_not_readable() {
    let keys = CookieKeys::new(&rule(CryptoAlgorithm::Encryption));
    let values = [(); 2].map(|()| seal(&keys, NAME, CONTENT));
    assert_ne!(values[0], values[1]);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&values[0]).unwrap();
    assert!(!bytes.windows(7).any(|part| part == b"content"));
}

#[test]
fn a_cookie_of_a_replaced_key_opens_and_a_new_one_has_the_main_key() {
    for (main, replaced) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let old = rule(ALGORITHMS[replaced]);
        let mut new = rule(ALGORITHMS[main]);
        new.fallbacks.push(FallbackConfig {
            key: old.key.clone(),
            algorithm: old.algorithm,
        });
        let (old, new) = (CookieKeys::new(&old), CookieKeys::new(&new));
        let value = seal(&old, NAME, CONTENT);
        assert_eq!(open(&new, NAME, &value), opened(CONTENT, true));
        let value = seal(&new, NAME, CONTENT);
        assert_eq!(open(&new, NAME, &value), opened(CONTENT, false));
        assert_eq!(open(&old, NAME, &value), None);
    }
}

/// An independent implementation of the same encryption.
#[test]
fn pavex_opens_an_encrypted_text_and_the_other_way_round() {
    let rule = rule(CryptoAlgorithm::Encryption);
    let keys = CookieKeys::new(&rule);
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(rule);
    let pavex = Processor::from(config);
    for content in ["1", "1 content", &"1 long content ".repeat(100)] {
        let ours = seal(&keys, NAME, content.as_bytes());
        let text = pavex.process_incoming(NAME, &ours).unwrap();
        assert_eq!(text.value(), content);
        let theirs = pavex.process_outgoing(ResponseCookie::new(NAME, content.to_owned()));
        let value = theirs.value().as_bytes();
        assert_eq!(open(&keys, NAME, value), opened(content.as_bytes(), false));
    }
}

#[test]
fn the_lengths_of_values_are_exact() {
    let encryption = CookieKeys::new(&rule(CryptoAlgorithm::Encryption));
    let signing = CookieKeys::new(&rule(CryptoAlgorithm::Signing));
    for len in 0..200 {
        let content = vec![7; len];
        let encrypted = seal(&encryption, NAME, &content).len();
        assert_eq!(max_encrypted_content(encrypted), len);
        assert!(max_encrypted_content(encrypted - 1) < len.max(1));
        let signed = seal(&signing, NAME, &content).len();
        assert_eq!(signed, signed_len(len));
    }
}
