use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks before something that cannot be undone.
///
/// # Errors
///
/// Returns a failure if the answer is not yes, or if there is nobody to ask.
pub(crate) fn confirm(question: &str, is_confirmed: bool) -> Result<(), Failure> {
    if is_confirmed {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        let message = "the standard input is not a terminal, so there is nobody to ask";
        return Err(Failure::usage(format!("{message}: add `--yes`")));
    }
    let answer = ask(question, &mut input.lock(), &mut io::stderr());
    match answer.map_err(|error| Failure::new("cannot ask for a confirmation", &error))? {
        true => Ok(()),
        false => Err(Failure::because(
            "the answer was not `y`, so nothing was changed",
            "`--yes` leaves out the question",
        )),
    }
}

fn ask(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    let answer = answer.trim().to_lowercase();
    Ok(answer == "y" || answer == "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_a_confirmation() {
        for (answer, is_yes) in [
            ("y\n", true),
            ("Yes\r\n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yesterday\n", false),
        ] {
            let mut output = Vec::new();
            let asked = ask("End it?", &mut answer.as_bytes(), &mut output);
            assert_eq!(asked.unwrap(), is_yes, "{answer:?}");
            assert_eq!(output, b"End it? [y/N] ");
        }
    }
}
