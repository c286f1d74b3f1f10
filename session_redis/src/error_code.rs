use redis::RedisError;

/// Returns the code of an error of the server, such as `READONLY`.
///
/// Before Redis 7.0, an error of a command that a script called has the code `ERR`, and its own one
/// in the text:
///
/// ```text
/// ERR Error running script (call to f_…): @user_script:9: @user_script: 9: -READONLY You can't write …
/// ```
pub(crate) fn code_of(error: &RedisError) -> Option<&str> {
    match error.code() {
        Some("ERR") => error.detail().and_then(code_in_script).or(Some("ERR")),
        code => code,
    }
}

/// Returns the code of the error that a script met. The text may quote a key or a value later on.
fn code_in_script(detail: &str) -> Option<&str> {
    let (_, mut error) = detail
        .strip_prefix("Error running script (")?
        .split_once("): ")?;
    while let Some(place) = error.strip_prefix("@user_script:") {
        error = place.split_once(": ")?.1;
    }
    let code = error.trim_start_matches('-').split(' ').next()?;
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then_some(code)
}

/// The error that a server reports by this text.
#[cfg(test)]
pub(crate) fn reported(text: &str) -> RedisError {
    let answer = redis::parse_redis_value(format!("-{text}\r\n").as_bytes());
    answer.unwrap().extract_error().unwrap_err()
}

/// The error that a server before Redis 7.0 reports for this one of a command in a script.
#[cfg(test)]
pub(crate) fn reported_in_script(text: &str) -> RedisError {
    reported(&format!(
        "ERR Error running script (call to f_1028a5dba704e1d8a01fd96efeba25bb78f62df2): \
         @user_script:4: {text}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_error_in_a_script_is_that_of_its_command() {
        for (text, code) in [
            ("@user_script: 4: -READONLY You can't write …", "READONLY"),
            ("@user_script: 4: -OOM command not allowed …", "OOM"),
            ("-OOM command not allowed …", "OOM"),
            ("WRONGTYPE Operation against a key …", "WRONGTYPE"),
            ("@user_script: 4: Unknown Redis command", "ERR"),
            ("ERR unknown command: @user_script:1: -OOM ", "ERR"),
            ("", "ERR"),
        ] {
            assert_eq!(code_of(&reported_in_script(text)), Some(code), "{text}");
        }
    }

    #[test]
    fn the_code_of_another_error_is_its_own() {
        for (text, code) in [
            ("READONLY You can't write …", "READONLY"),
            (
                "OOM command not allowed … script: a, on @user_script:1.",
                "OOM",
            ),
            ("ERR unknown command 'x', with args: -OOM ", "ERR"),
            ("MISCONF Redis is configured to save …", "MISCONF"),
        ] {
            assert_eq!(code_of(&reported(text)), Some(code), "{text}");
        }
    }
}
