//! The table of the releases that the tests passed on.

use std::fs;

use anyhow::Context;
use xshell::cmd;

use crate::workspace::Workspace;

/// The document with the table.
const DOCUMENT: &str = "docs/databases.md";

/// The line below the titles of the columns, after which the rows begin.
const BELOW_TITLES: &str = "| --- | --- | --- | --- |\n";

/// The result of a release whose tests all passed.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) passed: u64,
    /// `2026-01-31`
    day: String,
}

impl Row {
    pub(super) fn new(workspace: &Workspace, title: &str, passed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            title: title.to_owned(),
            passed,
            day: cmd!(workspace.shell(), "date --utc +%F").quiet().read()?,
        })
    }

    fn line(&self, name: &str) -> String {
        let Self { title, passed, day } = self;
        format!("| `{name}` | {title} | {passed} | {day} |")
    }
}

/// Replaces the row of a release, or removes it if its tests failed.
pub(super) fn record(workspace: &Workspace, name: &str, row: Option<&Row>) -> anyhow::Result<()> {
    let path = workspace.root().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let text = with_row(&text, name, row).with_context(|| format!("{DOCUMENT} has no table"))?;
    fs::write(path, text)?;
    Ok(())
}

/// Returns the text with one row changed, and all rows in the order of their names.
fn with_row(text: &str, name: &str, row: Option<&Row>) -> Option<String> {
    let (before, after) = text.split_once(BELOW_TITLES)?;
    let is_row = |line: &&str| line.starts_with('|');
    let rows = after.lines().take_while(is_row);
    let rest: Vec<_> = after.lines().skip_while(is_row).collect();
    let others = rows.filter(|line| !line.starts_with(&format!("| `{name}` |")));
    let mut rows: Vec<_> = others.map(str::to_owned).collect();
    rows.extend(row.map(|row| row.line(name)));
    rows.sort();
    let lines = rows.iter().map(String::as_str).chain(rest);
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    Some(format!("{before}{BELOW_TITLES}{lines}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Title

| name | database | tests | passed on |
| --- | --- | --- | --- |
| `mysql-9` | MySQL 9.7.4 | 7 | 2026-01-31 |
| `redis-7` | Redis 7.0.15 | 9 | 2026-01-31 |

End.
";

    fn row(title: &str) -> Row {
        Row {
            title: title.to_owned(),
            passed: 8,
            day: "2026-02-28".to_owned(),
        }
    }

    #[test]
    fn a_release_that_passed_has_one_row_in_the_order_of_names() {
        let new = with_row(TEXT, "postgres-18", Some(&row("Postgres 18.6"))).unwrap();
        let line = "| `postgres-18` | Postgres 18.6 | 8 | 2026-02-28 |\n";
        let redis = TEXT.find("| `redis").unwrap();
        assert_eq!(new, format!("{}{line}{}", &TEXT[..redis], &TEXT[redis..]));
        let again = with_row(&new, "postgres-18", Some(&row("Postgres 18.7"))).unwrap();
        assert_eq!(again, new.replace("18.6", "18.7"));
    }

    #[test]
    fn a_release_that_failed_has_no_row() {
        let row = "| `mysql-9` | MySQL 9.7.4 | 7 | 2026-01-31 |\n";
        let without = with_row(TEXT, "mysql-9", None).unwrap();
        assert_eq!(without, TEXT.replace(row, ""));
    }

    #[test]
    fn a_document_without_a_table_is_refused() {
        assert_eq!(with_row("# Title\n", "mysql-9", None), None);
    }
}
