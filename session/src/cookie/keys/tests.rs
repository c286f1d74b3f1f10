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
fn open(keys: &CookieKeys, value: impl AsRef<[u8]>) -> Option<(Vec<u8>, bool)> {
    let mut buffer = vec![0; buffer_len(value.as_ref().len())];
    let opened = keys.open(value.as_ref(), &mut buffer)?;
    Some((opened.content.to_vec(), opened.has_old_key))
}

fn opened(content: &[u8], has_old_key: bool) -> Option<(Vec<u8>, bool)> {
    Some((content.to_vec(), has_old_key))
}

fn seal(keys: &CookieKeys, content: &[u8], is_secret: bool) -> String {
    let sealed = keys.seal(Content::from_slice(content), is_secret).unwrap();
    let mut value = Vec::new();
    sealed.append_to(&mut value);
    assert_eq!(value.len(), sealed.len());
    String::from_utf8(value).unwrap()
}

/// The rules, each with a secret content and another one.
fn cases() -> impl Iterator<Item = (CryptoRule, bool)> {
    let rules = ALGORITHMS.map(rule).into_iter();
    rules.flat_map(|rule| [(rule.clone(), false), (rule, true)])
}

#[test]
fn a_sealed_content_opens_under_its_name_and_key_only() {
    for (rule, is_secret) in cases() {
        let keys = CookieKeys::new(NAME, &rule);
        let value = seal(&keys, CONTENT, is_secret);
        assert_eq!(open(&keys, &value), opened(CONTENT, false));
        assert_eq!(open(&CookieKeys::new("id", &rule), &value), None);
        let others = CookieKeys::new(NAME, &self::rule(rule.algorithm));
        assert_eq!(open(&others, &value), None);
    }
}

#[test]
fn a_value_with_any_bit_changed_or_cut_off_is_not_authentic() {
    for (rule, is_secret) in cases() {
        let keys = CookieKeys::new(NAME, &rule);
        let value = seal(&keys, CONTENT, is_secret);
        let (letter, rest) = value.split_at(1);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(rest).unwrap();
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = letter.to_owned() + &BASE64_URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(open(&keys, &changed), None, "bit {bit}");
        }
        for letter in (0..=u8::MAX).filter(|other| *other != letter.as_bytes()[0]) {
            assert_eq!(open(&keys, [&[letter], rest.as_bytes()].concat()), None);
        }
        for len in 0..value.len() {
            assert_eq!(open(&keys, &value[..len]), None, "{len} characters");
        }
        for rubbish in ["=", "é", &format!("{value}="), &format!("{value}A")] {
            assert_eq!(open(&keys, rubbish), None, "{rubbish}");
        }
    }
}

#[test]
fn a_secret_content_is_different_each_time_and_not_readable() {
    let keys = CookieKeys::new(NAME, &rule(CryptoAlgorithm::Encryption));
    let values = [(); 2].map(|()| seal(&keys, CONTENT, true));
    assert_ne!(values[0], values[1]);
    assert!(!is_readable(&values[0]));
}

#[test]
fn a_content_that_is_not_secret_is_signed() {
    for algorithm in ALGORITHMS {
        let keys = CookieKeys::new(NAME, &rule(algorithm));
        assert!(is_readable(&seal(&keys, CONTENT, false)));
    }
}

fn is_readable(value: &str) -> bool {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&value[1..]).unwrap();
    bytes.windows(4).any(|part| part == &CONTENT[2..6])
}

/// It does not open what the old key has encrypted, since the rule does not encrypt any more.
#[test]
fn a_key_that_only_signs_opens_nothing_that_is_encrypted() {
    let encrypting = rule(CryptoAlgorithm::Encryption);
    let signing = CryptoRule {
        algorithm: CryptoAlgorithm::Signing,
        ..encrypting.clone()
    };
    let [encrypting, signing] = [encrypting, signing].map(|rule| CookieKeys::new(NAME, &rule));
    assert_eq!(open(&signing, seal(&encrypting, CONTENT, true)), None);
    let value = seal(&encrypting, CONTENT, false);
    assert_eq!(open(&signing, value), opened(CONTENT, false));
}

#[test]
fn the_same_key_with_another_algorithm_reads_what_it_has_protected() {
    let encrypting = rule(CryptoAlgorithm::Encryption);
    let mut signing = CryptoRule {
        algorithm: CryptoAlgorithm::Signing,
        ..encrypting.clone()
    };
    let from_signing = seal(&CookieKeys::new(NAME, &signing), CONTENT, false);
    signing.fallbacks.push(FallbackConfig {
        key: encrypting.key.clone(),
        algorithm: encrypting.algorithm,
    });
    let [encrypting, signing] = [encrypting, signing].map(|rule| CookieKeys::new(NAME, &rule));
    assert_eq!(open(&encrypting, from_signing), opened(CONTENT, false));
    let value = seal(&encrypting, CONTENT, false);
    assert_eq!(open(&signing, value), opened(CONTENT, false));
    let value = seal(&encrypting, CONTENT, true);
    assert_eq!(open(&signing, value), opened(CONTENT, true));
}

#[test]
fn a_cookie_of_a_replaced_key_opens_and_a_new_one_has_the_main_key() {
    for ((main, _), (replaced, is_secret)) in cases().flat_map(|main| {
        let replaced = cases();
        replaced.map(move |replaced| (main.clone(), replaced))
    }) {
        let mut new = main;
        new.fallbacks.push(FallbackConfig {
            key: replaced.key.clone(),
            algorithm: replaced.algorithm,
        });
        let [old, new] = [replaced, new].map(|rule| CookieKeys::new(NAME, &rule));
        let value = seal(&old, CONTENT, is_secret);
        assert_eq!(open(&new, &value), opened(CONTENT, true));
        let value = seal(&new, CONTENT, is_secret);
        assert_eq!(open(&new, &value), opened(CONTENT, false));
        assert_eq!(open(&old, &value), None);
    }
}

/// An independent implementation of the same encryption.
#[test]
fn pavex_opens_an_encrypted_text_and_the_other_way_round() {
    let rule = rule(CryptoAlgorithm::Encryption);
    let keys = CookieKeys::new(NAME, &rule);
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(rule);
    let pavex = Processor::from(config);
    for content in ["1", "1 content", &"1 long content ".repeat(100)] {
        let ours = seal(&keys, content.as_bytes(), true);
        let text = pavex.process_incoming(NAME, &ours[1..]).unwrap();
        assert_eq!(text.value(), content);
        let theirs = pavex.process_outgoing(ResponseCookie::new(NAME, content.to_owned()));
        let value = format!("e{}", theirs.value());
        assert_eq!(open(&keys, value), opened(content.as_bytes(), false));
    }
}

/// Computed with the module `hmac` of Python.
#[test]
fn a_signature_is_the_same_as_that_of_another_implementation() {
    let keys = CookieKeys::new(
        NAME,
        &CryptoRule {
            key: Key::from((0..64).collect()),
            ..rule(CryptoAlgorithm::Signing)
        },
    );
    let value = "sMSBjb250ZW502tvKB_qhCULuKeE1NqFpwQ";
    assert_eq!(seal(&keys, CONTENT, false), value);
}

#[test]
fn the_lengths_of_values_are_exact() {
    let keys = CookieKeys::new(NAME, &rule(CryptoAlgorithm::Encryption));
    for len in 0..200 {
        let content = vec![7; len];
        let encrypted = seal(&keys, &content, true).len();
        assert_eq!(max_encrypted_content(encrypted), len);
        assert!(max_encrypted_content(encrypted - 1) < len.max(1));
        assert_eq!(seal(&keys, &content, false).len(), signed_len(len));
    }
}
