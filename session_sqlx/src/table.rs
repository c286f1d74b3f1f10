use std::fmt;
use std::str::FromStr;

/// The name of the table with the session records; `sessions` unless configured otherwise.
///
/// 1 to 48 lowercase letters (`a` to `z`), digits and underscores, not a digit first: such a name means
/// the same on every database, and leaves room for the names of the indexes, which begin with it.
/// Where a database has schemas, the table lies in the first one of the connection's search path.
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName(String);

impl TableName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 48;

    /// # Errors
    ///
    /// If `name` breaks the rules that stand at [`TableName`].
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

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the table of a migration's script this name.
    pub(crate) fn rename(&self, script: &str) -> String {
        script.replace(Self::default().as_str(), self.as_str())
    }

    /// The table that tells which migrations were run.
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

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot name the table with the session records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} cannot name the session table: a name has 1 to {max} lowercase letters, digits and \
     underscores, and does not begin with a digit",
    max = TableName::MAX_LEN
)]
pub struct InvalidTableName {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_plain_identifier() {
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
    fn a_script_is_renamed_throughout() {
        let table = TableName::new("web").unwrap();
        let script = r#"CREATE INDEX "sessions_principal" ON "sessions" (principal)"#;
        let renamed = r#"CREATE INDEX "web_principal" ON "web" (principal)"#;
        assert_eq!(table.rename(script), renamed);
    }
}
