use std::fmt;

/// The configuration of sessions breaks at least one rule.
///
/// Its text has a line for each [`Violation`].
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::cookie::ProcessorConfig;
/// use session::{SessionConfig, SessionPolicy};
///
/// let refused = SessionPolicy::new(&SessionConfig::default(), &ProcessorConfig::default());
/// let error = refused.expect_err("there is no key for the session cookie");
/// assert_eq!(error.violations()[0].key, "cookies.crypto_rules");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    violations: Vec<Violation>,
}

impl PolicyError {
    /// Returns the broken rules, at least one.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the session configuration breaks these rules:")?;
        for violation in &self.violations {
            write!(f, "\n- {violation}")?;
        }
        Ok(())
    }
}

/// A rule that a configuration breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The key to change, such as `session.cookie.secure`.
    pub key: &'static str,
    /// The rule for its value, such as "must be true for a cookie called `__Host-Http-id`".
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.rule)
    }
}

/// The rules that were broken so far.
#[derive(Default)]
pub(super) struct Report(Vec<Violation>);

impl Report {
    pub(super) fn require(&mut self, rule_holds: bool, key: &'static str, rule: impl Into<String>) {
        if !rule_holds {
            let rule = rule.into();
            self.0.push(Violation { key, rule });
        }
    }

    pub(super) fn into_result(self) -> Result<(), PolicyError> {
        let violations = self.0;
        match violations.is_empty() {
            true => Ok(()),
            false => Err(PolicyError { violations }),
        }
    }
}
