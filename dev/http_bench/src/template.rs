//! Texts with names in braces in place of results.

use anyhow::Context;

/// Replaces each name, and fails if the template does not have it or has others.
pub(crate) fn fill(template: &str, results: &[(&str, String)]) -> anyhow::Result<String> {
    let mut text = template.to_owned();
    for (name, result) in results {
        let name = format!("{{{name}}}");
        anyhow::ensure!(text.contains(&name), "the template has no {name}");
        text = text.replace(&name, result);
    }
    let left = text
        .find('{')
        .map(|at| text[at..].lines().next().unwrap_or_default());
    match left {
        Some(left) => Err(anyhow::anyhow!("{left}")).context("the template has an unknown name"),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_only_one_side_has_is_an_error() {
        let texts = [("a", "1".to_owned())];
        assert_eq!(fill("{a} and {a}", &texts).unwrap(), "1 and 1");
        assert!(fill("none", &texts).is_err());
        assert!(fill("{a} and {b}", &texts).is_err());
    }
}
