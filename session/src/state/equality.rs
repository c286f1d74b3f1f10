use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// Arrays and objects at deeper levels are compared by their text alone.
const MAX_DEPTH: u8 = 16;

/// Returns `true` if two JSON texts differ at most in the order of the entries of objects.
///
/// A hash map is written in another order each time. Numbers and texts are compared by their
/// spelling: `1` is not `1.0`, and no digit of a large number is lost.
pub(super) fn same_json(a: &str, b: &str) -> bool {
    // Only texts of the same bytes are worth parsing.
    a == b || (a.len() == b.len() && byte_sum(a) == byte_sum(b) && same_values(a, b, MAX_DEPTH))
}

fn byte_sum(text: &str) -> u64 {
    text.bytes().map(u64::from).sum()
}

fn same_values(a: &str, b: &str, depth: u8) -> bool {
    if a == b {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if let (Some(a), Some(b)) = (object(a), object(b)) {
        return a.keys().eq(b.keys()) && all_same(a.into_values(), b.into_values(), depth);
    }
    match (array(a), array(b)) {
        (Some(a), Some(b)) => a.len() == b.len() && all_same(a, b, depth),
        _ => false,
    }
}

fn all_same<'a>(
    a: impl IntoIterator<Item = &'a RawValue>,
    b: impl IntoIterator<Item = &'a RawValue>,
    depth: u8,
) -> bool {
    let mut pairs = a.into_iter().zip(b);
    pairs.all(|(a, b)| same_values(a.get(), b.get(), depth))
}

fn object(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

fn array(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_in_another_order_are_the_same_at_any_level() {
        for (a, b) in [
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
            (
                r#"[{"a":1,"b":[{"c":3,"d":4}]}]"#,
                r#"[{"b":[{"d":4,"c":3}],"a":1}]"#,
            ),
        ] {
            assert!(same_json(a, b), "{a} {b}");
        }
    }

    #[test]
    fn values_of_the_same_bytes_are_different_if_anything_but_the_order_of_keys_differs() {
        for (a, b) in [
            ("[1,2]", "[2,1]"),
            ("12", "21"),
            (r#""ab""#, r#""ba""#),
            (r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"2":b}"#),
            ("[[],1]", "[1,[]]"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211545",
            ),
        ] {
            assert!(!same_json(a, b), "{a} {b}");
        }
    }

    #[test]
    fn values_nested_too_deep_to_compare_are_different() {
        let nested = |core: &str| format!("{}{core}{}", "[".repeat(2_000), "]".repeat(2_000));
        let (a, b) = (nested(r#"{"a":1,"b":2}"#), nested(r#"{"b":2,"a":1}"#));
        assert!(!same_json(&a, &b));
        assert!(same_json(&a, &a));
    }
}
