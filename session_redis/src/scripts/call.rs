use redis::Cmd;

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

impl Argument<'_> {
    /// The largest number of bytes.
    fn max_len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Number(_) => "-9223372036854775808".len(),
            Self::Nothing => 0,
        }
    }

    fn append_to(&self, command: &mut Cmd) {
        match *self {
            Self::Bytes(bytes) => command.arg(bytes),
            Self::Number(number) => command.arg(number),
            Self::Nothing => command.arg(b""),
        };
    }
}

impl Call<'_> {
    /// The command with that name for a script, given by its hash or its source.
    pub(super) fn command(&self, name: &str, script: &str) -> Cmd {
        let words = 3 + self.keys.len() + self.arguments.len();
        let mut command = Cmd::with_capacity(words, name.len() + script.len() + self.max_len());
        command.arg(name).arg(script).arg(self.keys.len());
        for key in self.keys {
            command.arg(key);
        }
        for argument in self.arguments {
            argument.append_to(&mut command);
        }
        command
    }

    /// The largest number of bytes of the keys, their number, and the arguments.
    fn max_len(&self) -> usize {
        let number = Argument::Number(0).max_len();
        let keys: usize = self.keys.iter().map(Vec::len).sum();
        number + keys + self.arguments.iter().map(Argument::max_len).sum::<usize>()
    }
}
