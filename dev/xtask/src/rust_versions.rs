//! Can the toolchain that pavexc documents crates with compile what the published crates depend on?
//!
//! pavexc documents its users' dependencies with a nightly of Rust 1.91. So every dependency of a
//! published crate must declare a `rust-version` of at most that. It is the declaration that is
//! checked here: nothing is compiled.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, Node, Package, PackageId};

use crate::workspace::{Workspace, published};

/// The newest Rust that a dependency may ask for.
const NEWEST: Version = Version::new(1, 91, 0);

/// The packages that may declare nothing, they and what they bring in, each with the reason.
const MAY_DECLARE_NOTHING: [(&str, &str); 4] = [
    (
        "pavex",
        "every Pavex application compiles and documents them, with or without our crates",
    ),
    (
        "sqlx",
        "the releases 0.8 declare none; 0.9 is the first that asks for a newer Rust, and says so",
    ),
    (
        "redis",
        "it asks for 1.88 itself; what declares none are a few small crates that it brings in, all of long standing",
    ),
    (
        "indicatif",
        "it asks for 1.85 itself; only the program `session-kit` uses it, which pavexc never documents",
    ),
];

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let verdicts = verdicts(&metadata, &MAY_DECLARE_NOTHING.map(|(name, _)| name))?;
    let offenders: Vec<_> = verdicts.iter().filter(|it| it.is_offence()).collect();
    if !offenders.is_empty() {
        print_table(&offenders);
        bail!("a published crate depends on what may not compile with Rust {NEWEST}");
    }
    print_summary(&verdicts);
    Ok(())
}

/// The finding about one package that users of a published crate compile.
struct Verdict<'a> {
    package: &'a Package,
    /// The packages that lead to it, from a published crate on.
    path: Path<'a>,
    finding: Finding,
}

type Path<'a> = Vec<&'a str>;

#[derive(Debug, PartialEq)]
enum Finding {
    Fits,
    TooNew(Version),
    DeclaresNone,
    /// It declares none, but may.
    Tolerated,
}

impl Verdict<'_> {
    fn is_offence(&self) -> bool {
        matches!(self.finding, Finding::TooNew(_) | Finding::DeclaresNone)
    }
}

/// Judges the published crates and all they depend on.
///
/// Cargo resolves features for the whole workspace, so there may be packages among these that only
/// another member's features bring in: too strict rather than too lax.
fn verdicts<'a>(
    metadata: &'a Metadata,
    may_declare_nothing: &[&str],
) -> anyhow::Result<Vec<Verdict<'a>>> {
    let graph = Graph::of(metadata)?;
    let compiled = graph.reached_from(published(metadata));
    let exempt = compiled
        .keys()
        .map(|id| &metadata[*id])
        .filter(|it| may_declare_nothing.contains(&it.name.as_str()));
    let tolerated = graph.reached_from(exempt);
    let judged = compiled.into_iter().map(|(id, path)| Verdict {
        package: &metadata[id],
        path,
        finding: judge(
            metadata[id].rust_version.as_ref(),
            tolerated.contains_key(id),
        ),
    });
    Ok(judged.collect())
}

fn judge(declared: Option<&Version>, may_declare_nothing: bool) -> Finding {
    match declared {
        Some(version) if *version > NEWEST => Finding::TooNew(version.clone()),
        Some(_) => Finding::Fits,
        None if may_declare_nothing => Finding::Tolerated,
        None => Finding::DeclaresNone,
    }
}

/// Which package is compiled for which, on any platform.
struct Graph<'a> {
    metadata: &'a Metadata,
    nodes: BTreeMap<&'a PackageId, &'a Node>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> anyhow::Result<Self> {
        let resolve = metadata.resolve.as_ref();
        let nodes = &resolve.context("cargo metadata resolved nothing")?.nodes;
        Ok(Self {
            metadata,
            nodes: nodes.iter().map(|node| (&node.id, node)).collect(),
        })
    }

    /// The packages and all that is compiled for them, each with a shortest way to it.
    fn reached_from(
        &self,
        packages: impl IntoIterator<Item = &'a Package>,
    ) -> BTreeMap<&'a PackageId, Path<'a>> {
        let mut reached = BTreeMap::new();
        let mut waiting: VecDeque<(&PackageId, Path<'_>)> =
            packages.into_iter().map(|it| (&it.id, vec![])).collect();
        while let Some((id, path)) = waiting.pop_front() {
            if reached.contains_key(id) {
                continue;
            }
            let mut longer = path.clone();
            longer.push(self.metadata[id].name.as_str());
            waiting.extend(compiled_for(self.nodes[id]).map(|it| (it, longer.clone())));
            reached.insert(id, path);
        }
        reached
    }
}

/// The direct dependencies, without those for its tests only.
fn compiled_for(node: &Node) -> impl Iterator<Item = &PackageId> {
    node.deps
        .iter()
        .filter(|it| {
            it.dep_kinds
                .iter()
                .any(|it| it.kind != DependencyKind::Development)
        })
        .map(|dependency| &dependency.pkg)
}

fn print_table(offenders: &[&Verdict<'_>]) {
    println!("{:<36} {:<16} needed by", "package", "rust-version");
    for Verdict { package, path, .. } in offenders {
        let name = format!("{} {}", package.name, package.version);
        let declared = match &package.rust_version {
            Some(version) => version.to_string(),
            None => "none".to_owned(),
        };
        println!("{name:<36} {declared:<16} {}", path.join(" > "));
    }
}

fn print_summary(verdicts: &[Verdict<'_>]) {
    let count = |finding| verdicts.iter().filter(|it| it.finding == finding).count();
    println!(
        "{} packages ask for Rust {NEWEST} at most",
        count(Finding::Fits)
    );
    println!("{} declare nothing and may:", count(Finding::Tolerated));
    for (name, reason) in MAY_DECLARE_NOTHING {
        println!("  {name} and what it brings in: {reason}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, the rest of the table `package`, and the tables of dependencies.
    const MEMBERS: [(&str, &str, &str); 6] = [
        (
            "library",
            "rust-version = '1.91'",
            "[dependencies]\nnormal = { path = '../normal' }\n[dev-dependencies]\ntesting = { path = '../testing' }",
        ),
        (
            "normal",
            "rust-version = '1.60'",
            "[build-dependencies]\nbuilding = { path = '../building' }",
        ),
        (
            "building",
            "",
            "[dependencies]\ndeep = { path = '../deep' }",
        ),
        ("deep", "rust-version = '1.92'", ""),
        ("testing", "rust-version = '1.99'", ""),
        (
            "example",
            "",
            "[dependencies]\ntesting = { path = '../testing' }",
        ),
    ];

    /// Metadata of a workspace of [`MEMBERS`], of which only `library` is published.
    fn metadata() -> Metadata {
        let shell = xshell::Shell::new().expect("a shell");
        let directory = shell.create_temp_dir().expect("a directory");
        let root = directory.path();
        let workspace = "[workspace]\nresolver = '3'\nmembers = ['*']\n";
        shell
            .write_file(root.join("Cargo.toml"), workspace)
            .expect("a manifest");
        for (name, package, tables) in MEMBERS {
            let publish = name == "library";
            let manifest = format!(
                "[package]\nversion = '1.0.0'\nname = '{name}'\nedition = '2021'\npublish = {publish}\n{package}\n{tables}\n"
            );
            shell
                .write_file(root.join(name).join("Cargo.toml"), manifest)
                .expect("a manifest");
            shell
                .write_file(root.join(name).join("src/lib.rs"), "")
                .expect("a library");
        }
        Workspace::at(root)
            .and_then(|workspace| workspace.metadata())
            .expect("metadata")
    }

    fn offenders(may_declare_nothing: &[&str]) -> Vec<(String, String)> {
        let metadata = metadata();
        let verdicts = verdicts(&metadata, may_declare_nothing).expect("verdicts");
        verdicts
            .iter()
            .filter(|it| it.is_offence())
            .map(|it| (it.package.name.to_string(), it.path.join(" > ")))
            .collect()
    }

    fn named(name: &str, path: &str) -> (String, String) {
        (name.to_owned(), path.to_owned())
    }

    #[test]
    fn normal_and_build_dependencies_count_at_any_depth_and_those_of_tests_do_not() {
        assert_eq!(
            offenders(&[]),
            [
                named("building", "library > normal"),
                named("deep", "library > normal > building")
            ]
        );
    }

    #[test]
    fn an_exempt_package_may_declare_nothing_but_nothing_too_new_either() {
        assert_eq!(
            offenders(&["building"]),
            [named("deep", "library > normal > building")]
        );
    }

    #[test]
    fn an_exemption_covers_what_the_package_brings_in() {
        assert_eq!(offenders(&["normal"]), offenders(&["building"]));
        assert_eq!(offenders(&["deep"]), offenders(&[]));
    }

    #[test]
    fn a_version_fits_if_it_is_at_most_the_newest() {
        let judge = |text: &str| judge(Some(&text.parse().expect("a version")), false);
        assert_eq!(judge("1.91.0"), Finding::Fits);
        assert_eq!(judge("1.56.1"), Finding::Fits);
        assert_eq!(judge("1.91.1"), Finding::TooNew(Version::new(1, 91, 1)));
        assert_eq!(judge("2.0.0"), Finding::TooNew(Version::new(2, 0, 0)));
    }

    #[test]
    fn a_package_that_declares_none_offends_unless_it_may() {
        assert_eq!(judge(None, false), Finding::DeclaresNone);
        assert_eq!(judge(None, true), Finding::Tolerated);
    }
}
