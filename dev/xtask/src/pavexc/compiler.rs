//! A Pavex compiler that is installed.

use std::path::{Path, PathBuf};

use xshell::{Cmd, Shell, cmd};

/// A compiler that is ready to run.
#[derive(Debug)]
pub(crate) struct Pavexc {
    /// pavexc itself, or a script that starts it.
    pub(super) program: PathBuf,
    /// The name of the toolchain in the list of rustup.
    pub(super) docs_toolchain: &'static str,
}

impl Pavexc {
    /// The path of pavexc.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The environment of whatever starts pavexc.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("PAVEXC_DOCS_TOOLCHAIN", self.docs_toolchain.to_owned()),
            ("PAVEX_PAVEXC", self.program.display().to_string()),
        ]
    }

    /// The command that compiles a blueprint into the crate at `output`.
    pub(crate) fn generate<'a>(
        &self,
        shell: &'a Shell,
        blueprint: &Path,
        output: &str,
        target_directory: &Path,
    ) -> Cmd<'a> {
        let program = &self.program;
        cmd!(
            shell,
            "{program} generate --blueprint {blueprint} --output {output}"
        )
        .envs(self.variables())
        .env("CARGO_TARGET_DIR", target_directory)
    }
}

pub(crate) fn shell_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_one_word_for_the_shell() {
        assert_eq!(shell_quoted("/a b/c"), "'/a b/c'");
        assert_eq!(shell_quoted("it's"), r"'it'\''s'");
    }
}
