use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The name of the table with the session records; `sessions` unless configured otherwise.
///
/// A name has 1 to 48 lowercase letters (`a` to `z`), digits and underscores, and does not begin
/// with a digit. Such a name means the same on every database, and leaves room for the names of the
/// indexes, which begin with it. Where a database has schemas, the table is made in the first one
/// of the connection's search path.
///
/// # Example
///
/// ```
/// use session_sqlx::TableName;
///
/// let table: TableName = "shop_sessions".parse()?;
/// assert_eq!(table.as_str(), "shop_sessions");
/// assert!("sessions; DROP TABLE users".parse::<TableName>().is_err());
/// # Ok::<(), session_sqlx::InvalidTableName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TableName(String);

impl TableName {
    /// The length of the longest name, in bytes.
    pub const MAX_LEN: usize = 48;

    /// Checks a name.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidTableName`] if `name` breaks a rule of [`TableName`].
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidTableName> {
        let name = name.into();
        let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let is_word = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        match begins_well && is_word && name.len() <= Self::MAX_LEN {
            true => Ok(Self(name)),
            false => Err(InvalidTableName { name }),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the script of a migration with this name in place of the default one.
    pub(crate) fn rename(&self, script: &str) -> String {
        script.replace(Self::default().as_str(), self.as_str())
    }

    /// Returns the name of the table that has a row for each migration that was run.
    pub(crate) fn of_migrations(&self) -> String {
        format!("{self}_schema")
    }
}

impl Default for TableName {
    fn default() -> Self {
        Self("sessions".to_owned())
    }
}

impl FromStr for TableName {
    type Err = InvalidTableName;

    fn from_str(name: &str) -> Result<Self, InvalidTableName> {
        Self::new(name)
    }
}

impl TryFrom<String> for TableName {
    type Error = InvalidTableName;

    fn try_from(name: String) -> Result<Self, InvalidTableName> {
        Self::new(name)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a valid name for the table with the session records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is not a valid name for the session table: use 1 to {max} lowercase letters, digits \
     and underscores, and do not begin with a digit",
    max = TableName::MAX_LEN
)]
pub struct InvalidTableName {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_name_is_a_plain_identifier() {
        let longest = "x".repeat(TableName::MAX_LEN);
        for good in ["sessions", "_", "s2", "order", &longest] {
            assert_eq!(TableName::new(good).unwrap().as_str(), good);
        }
        let too_long = "x".repeat(TableName::MAX_LEN + 1);
        for bad in [
            "",
            "2s",
            "Sessions",
            "web.sessions",
            "a b",
            "a\"",
            "a`",
            "a;",
            "a-b",
            "a\0",
            "sitzungën",
            &too_long,
        ] {
            assert!(TableName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn renaming_a_script_renames_each_table_and_index() {
        let table = TableName::new("web").unwrap();
        let script = r#"CREATE INDEX "sessions_principal" ON "sessions" (principal)"#;
        let renamed = r#"CREATE INDEX "web_principal" ON "web" (principal)"#;
        assert_eq!(table.rename(script), renamed);
    }
}
