//! The commands of the program.

use std::path::PathBuf;

use crate::generate::Mode;
use crate::test::Scope;

pub(crate) const USAGE: &str = "\
Usage: cargo xtask <command>

Commands:
  test              run all tests except those that need pavexc; starts the database servers that they need
  test --embedded   leave out the tests that need a database server or a browser
  test --servers NAME
                    run the tests of a store on one release of its database, or on all releases
  servers [names]   fetch the releases that are missing, or these anew, and list them
  pavexc            make the Pavex compiler available; for use in a shell: eval \"$(cargo xtask pavexc)\"
  generate          write example_app/server_sdk anew
  generate --check  fail if example_app/server_sdk is out of date; changes nothing
  quick-start       follow the quick start of the README in new projects
  prose [paths]     check the style of all comments and documents, or of those in these files and folders
  documents         check that the files, tests and headings that the documents name exist
  search [numbers]  search for orders of events that break a promise: 1,000,000 runs from seed 1
  search --store NAME [numbers]
                    the same on sqlite, postgres, mariadb, redis or valkey: 50 runs from seed 1
  planted-bugs [names]
                    check that the search finds bugs that patches plant, or those of these names
  bench-http        compare the cost of sessions over HTTP with that of other libraries; writes docs/benchmarks.md
  bench-http STORES the same with some of the stores; prints the costs and writes nothing
  bench-scale [numbers]
                    measure the stores with these numbers of sessions; writes docs/scale.md
  imports           report circles of imports among the files of each crate
  deny              check the licences, sources and advisories of the dependencies
  package           check that the published crates can be packed, and compile alone
  ci                everything that must pass before a change is merged
  help              print this text
";

#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Test(Scope),
    /// The name of a release, or that of all.
    TestOn(String),
    Servers(Vec<String>),
    Pavexc,
    Generate(Mode),
    QuickStart,
    Prose(Vec<PathBuf>),
    Documents,
    Search(Vec<String>),
    /// The name of the store comes first.
    SearchStore(String, Vec<String>),
    PlantedBugs(Vec<String>),
    /// The names of stores, or none for all.
    BenchHttp(Vec<String>),
    /// The numbers of sessions.
    BenchScale(Vec<String>),
    Imports,
    Deny,
    Package,
    Ci,
    Help,
}

impl Command {
    /// Returns `None` if the arguments are not a command.
    pub(crate) fn parse(arguments: &[String]) -> Option<Self> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            ["help"] | [.., "--help" | "-h"] => Some(Self::Help),
            ["test"] => Some(Self::Test(Scope::All)),
            ["test", "--embedded"] => Some(Self::Test(Scope::Embedded)),
            ["test", "--servers", name] => Some(Self::TestOn(name.to_owned())),
            ["servers", ref names @ ..] => Some(Self::Servers(owned(names))),
            ["pavexc"] => Some(Self::Pavexc),
            ["generate"] => Some(Self::Generate(Mode::Update)),
            ["generate", "--check"] => Some(Self::Generate(Mode::Check)),
            ["prose", ref paths @ ..] => {
                Some(Self::Prose(paths.iter().map(PathBuf::from).collect()))
            }
            ["search", "--store", name, ref numbers @ ..] => {
                Some(Self::SearchStore(name.to_owned(), owned(numbers)))
            }
            ["search", ref numbers @ ..] => Some(Self::Search(owned(numbers))),
            ["planted-bugs", ref names @ ..] => Some(Self::PlantedBugs(owned(names))),
            ["quick-start"] => Some(Self::QuickStart),
            ["documents"] => Some(Self::Documents),
            ["bench-http", ref stores @ ..] => Some(Self::BenchHttp(owned(stores))),
            ["bench-scale", ref sizes @ ..] => Some(Self::BenchScale(owned(sizes))),
            ["imports"] => Some(Self::Imports),
            ["deny"] => Some(Self::Deny),
            ["package"] => Some(Self::Package),
            ["ci"] => Some(Self::Ci),
            _ => None,
        }
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|it| (*it).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Command> {
        let arguments: Vec<String> = line.split_whitespace().map(String::from).collect();
        Command::parse(&arguments)
    }

    #[test]
    fn every_command_in_the_usage_text_is_understood() {
        let commands = USAGE
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .filter_map(|line| line.split("  ").next())
            .filter_map(|command| command.split(" [").next())
            .filter(|command| !command.is_empty());
        for command in commands {
            assert!(parse(command).is_some(), "{command}");
        }
    }

    #[test]
    fn a_question_for_help_is_answered_whatever_the_command() {
        for line in [
            "help",
            "--help",
            "test --help",
            "servers -h",
            "search 1 --help",
        ] {
            assert_eq!(parse(line), Some(Command::Help), "{line}");
        }
    }

    #[test]
    fn check_is_a_mode_of_generate() {
        assert_eq!(
            parse("generate --check"),
            Some(Command::Generate(Mode::Check))
        );
    }

    #[test]
    fn embedded_is_a_scope_of_test() {
        let embedded = Command::Test(Scope::Embedded);
        assert_eq!(parse("test --embedded"), Some(embedded));
    }

    #[test]
    fn releases_of_servers_have_names() {
        let test = Command::TestOn("redis-8".to_owned());
        assert_eq!(parse("test --servers redis-8"), Some(test));
        let servers = Command::Servers(owned(&["mysql-9", "redis-8"]));
        assert_eq!(parse("servers mysql-9 redis-8"), Some(servers));
        assert_eq!(parse("test --servers"), None);
    }

    #[test]
    fn prose_is_checked_in_the_given_paths() {
        let paths = vec!["a.rs".into(), "b".into()];
        assert_eq!(parse("prose a.rs b"), Some(Command::Prose(paths)));
    }

    #[test]
    fn a_search_on_a_store_has_a_name_and_numbers() {
        let search = |numbers: &[&str]| Command::SearchStore("redis".to_owned(), owned(numbers));
        assert_eq!(parse("search --store redis"), Some(search(&[])));
        assert_eq!(parse("search --store redis 9 7"), Some(search(&["9", "7"])));
        assert_eq!(parse("search 9"), Some(Command::Search(owned(&["9"]))));
    }

    #[test]
    fn an_unknown_command_or_argument_is_not_understood() {
        for line in ["", "tset", "test --check", "generate --chekc", "ci --fast"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
