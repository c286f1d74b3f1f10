//! The paths in a file to items of its crate.

use std::collections::BTreeMap;

/// The paths that a file contains, each as a list of names.
pub(super) type Path = Vec<String>;

/// Removes the modules that only tests compile, and all comments in lines of their own.
pub(super) fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let is_module = |it: &str| it.starts_with("mod ") && it.ends_with('{');
        if line.trim_start() == "#[cfg(test)]" && first_item(lines.clone()).is_some_and(is_module) {
            let end = format!("{indent}}}");
            lines.by_ref().find(|line| *line == end);
        } else if !line.trim_start().starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Returns the first line below attributes, each of which may have several lines.
fn first_item<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut lines = lines.map(str::trim);
    loop {
        let line = lines.next()?;
        if !line.starts_with("#[") {
            return Some(line);
        }
        if !line.ends_with(']') {
            lines.find(|it| it.ends_with(")]"))?;
        }
    }
}

/// Returns all paths that begin in this crate, whose module declares the modules `children`.
pub(super) fn of(text: &str, children: &[&str]) -> Vec<Path> {
    // A macro's paths belong to its callers.
    let (uses, code) = split(&text.replace("$crate", "caller"));
    let mut paths = Vec::new();
    let mut modules = BTreeMap::new();
    for tree in &uses {
        for (path, name) in leaves(tree) {
            modules.insert(name, path.clone());
            paths.push(path);
        }
    }
    let words = code.split(|it: char| !(it.is_alphanumeric() || it == '_' || it == ':'));
    for word in words.filter(|word| word.contains("::")) {
        let path = names(word);
        let first = path.first().cloned().unwrap_or_default();
        match modules.get(&first) {
            Some(module) => paths.push([&module[..], &path[1..]].concat()),
            None => paths.push(path),
        }
    }
    let begins_here = |path: &Path| {
        let first = path.first().map_or("", |it| it);
        ["crate", "self", "super"].contains(&first) || children.contains(&first)
    };
    paths.retain(begins_here);
    paths
}

/// Splits off the trees of all `use` declarations.
fn split(text: &str) -> (Vec<String>, String) {
    let (mut uses, mut code) = (Vec::new(), String::new());
    let mut open: Option<String> = None;
    for line in text.lines() {
        let tree = open.take().or_else(|| use_on(line).map(|_| String::new()));
        let Some(mut tree) = tree else {
            code.push_str(line);
            code.push('\n');
            continue;
        };
        tree.push_str(use_on(line).unwrap_or(line));
        match tree.split_once(';') {
            Some((tree, _)) => uses.push(tree.split_whitespace().collect::<Vec<_>>().join(" ")),
            None => open = Some(tree),
        }
    }
    (uses, code)
}

/// Returns the rest of a line that begins with `use`, whatever its visibility.
fn use_on(line: &str) -> Option<&str> {
    let (visibility, tree) = line.trim_start().split_once("use ")?;
    let is_visibility = visibility.is_empty() || visibility.starts_with("pub");
    is_visibility.then_some(tree)
}

/// Returns each path of a tree, with the name that it gets.
fn leaves(tree: &str) -> Vec<(Path, String)> {
    let Some((prefix, group)) = tree.split_once('{') else {
        return leaf(tree).into_iter().collect();
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let prefix = prefix.trim();
    let branches = branches(group).into_iter();
    branches
        .flat_map(|branch| leaves(&format!("{prefix}{branch}")))
        .collect()
}

fn leaf(tree: &str) -> Option<(Path, String)> {
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (tree, None),
    };
    let mut path = names(path);
    if path.len() > 1 && path.last().is_some_and(|it| it == "self") {
        path.pop();
    }
    let name = alias.or_else(|| path.last().cloned())?;
    Some((path, name))
}

fn names(path: &str) -> Path {
    let names = path.split("::").map(str::trim);
    names
        .filter(|name| !name.is_empty() && *name != "*")
        .map(str::to_owned)
        .collect()
}

/// Splits a group at its own commas, not at those of the groups in it.
fn branches(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let at_commas = |it: char| {
        depth += i32::from(it == '{') - i32::from(it == '}');
        it == ',' && depth == 0
    };
    let branches = group.split(at_commas).map(str::trim);
    branches.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, children: &[&str]) -> Vec<String> {
        of(text, children).iter().map(|it| it.join("::")).collect()
    }

    #[test]
    fn each_leaf_of_a_tree_is_a_path() {
        let text = "pub(crate) use crate::{\n    a::{self, B, c::*},\n    d,\n};\nuse std::fs;\n";
        let expected = ["crate::a", "crate::a::B", "crate::a::c", "crate::d"];
        assert_eq!(shown(text, &[]), expected);
    }

    #[test]
    fn paths_in_expressions_begin_in_the_crate_or_at_a_child() {
        let text = "fn f() -> Option<super::A> {\n    crate::b::g(child::h(), std::fs::read)\n}\n";
        assert_eq!(
            shown(text, &["child"]),
            ["super::A", "crate::b::g", "child::h"]
        );
    }

    #[test]
    fn paths_of_a_macro_belong_to_its_callers() {
        assert_eq!(shown("$crate::a::b()\n", &[]), [] as [&str; 0]);
    }

    #[test]
    fn an_imported_module_is_short_for_its_path() {
        let text = "use crate::a::b as c;\nfn f() {\n    c::d::g();\n}\n";
        assert_eq!(shown(text, &[]), ["crate::a::b", "crate::a::b::d::g"]);
    }

    #[test]
    fn test_modules_and_comments_are_removed() {
        let text =
            "// crate::a\nmod b;\n\n#[cfg(test)]\nmod tests {\n    fn f() {\n    }\n}\nc();\n";
        assert_eq!(without_tests(text), "mod b;\n\nc();\n");
        let attribute =
            "#[allow(\n    dead_code,\n    reason = \"a test\"\n)]\n#[path = \"a.rs\"]\n";
        let text = text.replace("mod tests", &format!("{attribute}mod tests"));
        assert_eq!(without_tests(&text), "mod b;\n\nc();\n");
    }
}
