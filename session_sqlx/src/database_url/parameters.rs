//! The parameters of a URL that `sqlx` 0.8 reads. It ignores others, and logs some with their
//! values.

/// The parameters that the driver of a database reads.
pub(super) struct Parameters {
    names: &'static [&'static str],
    /// True if it reads `options[search_path]`, and any other setting in brackets.
    has_settings: bool,
}

/// A parameter that the driver would ignore.
pub(super) struct Unknown {
    /// Its name, unless it may be a part of a password.
    pub(super) name: Option<String>,
}

const PASSWORD: &str = "password";

pub(super) const OF_POSTGRES: Parameters = Parameters {
    names: &[
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        PASSWORD,
        "application_name",
        "options",
    ],
    has_settings: true,
};

pub(super) const OF_MYSQL: Parameters = Parameters {
    names: &[
        "sslmode",
        "ssl-mode",
        "sslca",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "charset",
        "collation",
        "statement-cache-capacity",
        "socket",
        "timezone",
        "time-zone",
    ],
    has_settings: false,
};

impl Parameters {
    /// Returns the first parameter of a URL that the driver would ignore.
    pub(super) fn find_unknown(&self, url: &str) -> Option<Unknown> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let mut previous = "";
        for parameter in query.split('&').filter(|it| !it.is_empty()) {
            let name = parameter.split('=').next().unwrap_or_default();
            if !self.contain(name) {
                // After a password, it may be the rest of one in which a `&` is not encoded.
                let is_name = previous != PASSWORD && parameter.contains('=') && is_word(name);
                let name = is_name.then(|| name.to_owned());
                return Some(Unknown { name });
            }
            previous = name;
        }
        None
    }

    fn contain(&self, name: &str) -> bool {
        self.names.contains(&name) || (self.has_settings && is_setting(name))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }
}

fn is_setting(name: &str) -> bool {
    let name = name.replace("%5B", "[").replace("%5b", "[");
    let name = name.replace("%5D", "]").replace("%5d", "]");
    name.starts_with("options[") && name.ends_with(']')
}

fn is_word(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.bytes().all(is_part)
}
