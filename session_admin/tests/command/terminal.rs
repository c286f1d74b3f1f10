//! The command on a terminal.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal, and the thread that reads what is written to it.
pub(crate) struct Terminal {
    user: File,
    reader: JoinHandle<String>,
}

impl Terminal {
    /// Opens a terminal with this number of columns.
    fn with_columns(columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, vec![]).unwrap();
        let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let user = File::options().read(true).write(true).open(path).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&user, size).unwrap();
        let reader = thread::spawn(move || read_all(ours));
        Self { user, reader }
    }

    fn as_output(&self) -> Stdio {
        self.user.try_clone().unwrap().into()
    }

    /// Returns the text that was written to the terminal, once no process has it open.
    fn text(self) -> String {
        drop(self.user);
        self.reader.join().unwrap().replace("\r\n", "\n")
    }
}

/// Reads until the terminal is closed, which is an error on Linux.
fn read_all(terminal: OwnedFd) -> String {
    let mut terminal = File::from(terminal);
    let (mut text, mut buffer) = (vec![], [0; 4_096]);
    while let Ok(1..) = terminal
        .read(&mut buffer)
        .inspect(|n| text.extend(&buffer[..*n]))
    {}
    String::from_utf8(text).unwrap()
}

/// The outputs of a process, each of which may be a terminal.
pub(crate) struct Shown {
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs a process with the standard output on a terminal, and the standard error on another one.
pub(crate) fn run_on_terminals(mut command: Command, columns: u16) -> Shown {
    let [output, errors] = [(); 2].map(|()| Terminal::with_columns(columns));
    command.stdin(Stdio::null());
    command
        .stdout(output.as_output())
        .stderr(errors.as_output());
    let status = command.status().unwrap();
    // It has copies of both terminals.
    drop(command);
    let shown = Shown {
        output: output.text(),
        errors: errors.text(),
    };
    assert!(status.success(), "{}{}", shown.output, shown.errors);
    shown
}
