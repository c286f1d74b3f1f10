use redis::{Cmd, cmd};

/// The keys and arguments of a script.
pub(crate) struct Call<'a> {
    pub(crate) keys: &'a [Vec<u8>],
    pub(crate) arguments: &'a [Argument<'a>],
}

/// An argument of a script.
#[derive(Clone, Copy)]
pub(crate) enum Argument<'a> {
    Bytes(&'a [u8]),
    /// A number, sent in decimal.
    Number(i64),
    Nothing,
}

impl Call<'_> {
    /// The command with that name for a script, given by its hash or its source.
    pub(super) fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = cmd(name);
        command.arg(script).arg(self.keys.len());
        for key in self.keys {
            command.arg(key);
        }
        for argument in self.arguments {
            match *argument {
                Argument::Bytes(bytes) => command.arg(bytes),
                Argument::Number(number) => command.arg(number),
                Argument::Nothing => command.arg(b""),
            };
        }
        command
    }
}
