use std::sync::LazyLock;

use redis::Cmd;

use super::call::Call;
use super::template;

/// A script, which is called by its hash.
pub(crate) struct Script(LazyLock<Source>);

/// The text of a script, and its hash.
pub(super) struct Source {
    text: String,
    hash: String,
}

impl Source {
    /// The source that comes of this template.
    pub(super) fn of(template: &str) -> Self {
        let text = template::fill(template);
        let hash = redis::Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }
}

impl Script {
    pub(super) const fn new(source: fn() -> Source) -> Self {
        Self(LazyLock::new(source))
    }

    /// The call, for a server that has the script.
    pub(crate) fn call(&self, call: &Call<'_>) -> Cmd {
        call.command("EVALSHA", &self.0.hash)
    }

    /// The call that brings the script along, so that the server has it afterwards.
    pub(crate) fn call_with_source(&self, call: &Call<'_>) -> Cmd {
        call.command("EVAL", &self.0.text)
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.0.text
    }

    #[cfg(test)]
    pub(super) fn hash(&self) -> &str {
        &self.0.hash
    }
}
