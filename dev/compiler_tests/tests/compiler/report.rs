//! The reports of pavexc, without the parts that differ between machines.

/// The text in place of the folder in which cargo keeps a registry's crates.
const REGISTRY: &str = "<registry>/";

/// Returns the reports in the output of pavexc and of the programs that it runs.
///
/// The reports come last. Colours, line numbers, the path of the registry, and the place of a panic
/// in the code of pavexc are left out.
pub(crate) fn normalized(printed: &str) -> String {
    let printed = without_colours(printed);
    let lines: Vec<String> = printed
        .lines()
        .skip_while(|line| !begins_a_report(line))
        .filter(|line| !is_about_a_panic(line))
        .map(normalized_line)
        .collect();
    lines.join("\n").trim_end().to_owned()
}

fn begins_a_report(line: &str) -> bool {
    ["ERROR:", "WARNING:", "The application panicked"]
        .iter()
        .any(|beginning| line.starts_with(beginning))
}

/// Returns `true` if the line names the place of a panic in the code of pavexc.
fn is_about_a_panic(line: &str) -> bool {
    line.starts_with("in /") || line.starts_with("thread: ")
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |clean, part| {
        clean + part.split_once('m').map_or(part, |(_colour, rest)| rest)
    })
}

fn normalized_line(line: &str) -> String {
    let line = without_line_number(line);
    let line = match line.split_once("╭─[") {
        Some((margin, location)) => format!("{margin}╭─[{}", normalized_location(location)),
        None => line,
    };
    line.trim_end().to_owned()
}

/// Gives the margin of a line of source code the same width for numbers of any length.
fn without_line_number(line: &str) -> String {
    let (margin, rest) = match line.strip_prefix("  │") {
        Some(rest) => ("  │", rest),
        None => ("", line),
    };
    let number_and_code = rest.trim_start();
    let code = number_and_code
        .trim_start_matches(|it: char| it.is_ascii_digit())
        .trim_start();
    let is_code = ["│", "·", "╭─[", "╰──"]
        .iter()
        .any(|gutter| code.starts_with(gutter));
    match is_code {
        true => format!("{margin}    {code}"),
        false => line.to_owned(),
    }
}

/// Returns the path in `path:line:column]`, followed by the bracket.
fn normalized_location(location: &str) -> String {
    let path = location.split(':').next().unwrap_or(location);
    let path = match path.split_once("/registry/src/") {
        Some((_, in_registry)) => {
            let in_index = in_registry.split_once('/');
            format!("{REGISTRY}{}", in_index.map_or(in_registry, |it| it.1))
        }
        None => path.to_owned(),
    };
    format!("{path}]")
}

#[test]
fn output_before_the_first_report_is_left_out() {
    let printed = "warning: unresolved link\n\n\u{1b}[1mERROR\u{1b}[0m:\n  × No.  \n";
    assert_eq!(normalized(printed), "ERROR:\n  × No.");
}

#[test]
fn numbers_of_lines_and_the_path_of_the_registry_are_left_out() {
    let printed = "ERROR:\n  │     ╭─[/a/registry/src/index-1/pavex-0.2.10/src/lib.rs:71:1]\n\
                   \x20 │  71 │ ///\n  │     · ╰──── here\n  │     ╰────\n  │ 3 times";
    let expected = "ERROR:\n  │    ╭─[<registry>/pavex-0.2.10/src/lib.rs]\n\
                    \x20 │    │ ///\n  │    · ╰──── here\n  │    ╰────\n  │ 3 times";
    assert_eq!(normalized(printed), expected);
}

#[test]
fn a_report_of_a_panic_has_only_its_message() {
    let printed = "Backtrace:\n  File \"<unknown>\"\n\nThe application panicked (crashed).\n  \
                   No.\nin /a/pavexc/src/lib.rs, line 1\nthread: main\n";
    assert_eq!(
        normalized(printed),
        "The application panicked (crashed).\n  No."
    );
}
