//! Circles in a graph of imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// The files that each file imports.
pub(super) type Imports<'a> = BTreeMap<&'a Path, BTreeSet<&'a Path>>;

/// Returns a shortest circle for each group of files that reach each other.
///
/// The first file of a circle is also its last one.
pub(super) fn all<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a Path>> {
    let mut known = BTreeSet::new();
    let mut circles = Vec::new();
    for file in imports.keys() {
        if known.contains(file) {
            continue;
        }
        if let Some(circle) = shortest(imports, file) {
            known.extend(group(imports, file));
            circles.push(circle);
        }
    }
    circles
}

/// Returns all files that are in a circle with `file`.
fn group<'a>(imports: &Imports<'a>, file: &'a Path) -> BTreeSet<&'a Path> {
    let reached = predecessors(imports, file).into_keys();
    reached
        .filter(|it| predecessors(imports, it).contains_key(file))
        .collect()
}

/// Returns the shortest circle through `file`.
fn shortest<'a>(imports: &Imports<'a>, file: &'a Path) -> Option<Vec<&'a Path>> {
    let predecessors = predecessors(imports, file);
    let mut circle = vec![file];
    let mut last = *predecessors.get(file)?;
    while last != file {
        circle.push(last);
        last = predecessors[last];
    }
    circle.push(file);
    circle.reverse();
    Some(circle)
}

/// Searches all files that `from` reaches in at least one step, the nearest ones first.
///
/// Returns, for each of them, the file before it on a shortest way.
fn predecessors<'a>(imports: &Imports<'a>, from: &'a Path) -> BTreeMap<&'a Path, &'a Path> {
    let mut predecessors = BTreeMap::new();
    let mut waiting = VecDeque::from([from]);
    while let Some(file) = waiting.pop_front() {
        for next in imports.get(file).into_iter().flatten() {
            if !predecessors.contains_key(next) {
                predecessors.insert(*next, file);
                waiting.push_back(next);
            }
        }
    }
    predecessors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_in(arrows: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut imports = Imports::new();
        for (from, to) in arrows {
            let (from, to) = (Path::new(*from), Path::new(*to));
            imports.entry(from).or_default().insert(to);
            imports.entry(to).or_default();
        }
        let shown = |circle: Vec<&Path>| circle.iter().map(|it| it.display().to_string()).collect();
        all(&imports).into_iter().map(shown).collect()
    }

    #[test]
    fn imports_in_one_direction_are_not_a_circle() {
        let diamond = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")];
        assert_eq!(circles_in(&diamond), [] as [&str; 0]);
    }

    #[test]
    fn a_group_is_reported_once_by_its_shortest_circle() {
        let group = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")];
        assert_eq!(circles_in(&group), ["aba"]);
    }

    #[test]
    fn each_group_of_files_in_a_circle_is_reported() {
        let groups = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")];
        assert_eq!(circles_in(&groups), ["aba", "cdc"]);
    }
}
