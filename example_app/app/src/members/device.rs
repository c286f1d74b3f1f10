use pavex::http::header::USER_AGENT;
use pavex::methods;
use pavex::request::RequestHead;
use session::LogIn;
use session::store::Label;

use crate::pages::language::Language;

/// The browser and the system of a request, as its `User-Agent` header names them.
///
/// A browser can send any header. The names help members to tell their devices apart, and nothing
/// depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    browser: Option<&'static str>,
    system: Option<&'static str>,
}

/// The tokens of browsers in the header, with the names of the browsers.
///
/// Most browsers add the tokens of others for compatibility. A browser comes before those whose
/// token it adds.
const BROWSERS: [(&str, &str); 15] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
];

/// The tokens of systems in the header, with the names of the systems, in the same order.
const SYSTEMS: [(&str, &str); 10] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

#[methods]
impl Device {
    /// Returns the device of the request.
    #[request_scoped(clone_if_necessary)]
    pub fn of(head: &RequestHead) -> Self {
        let header = head.headers.get(USER_AGENT);
        let text = header.and_then(|header| header.to_str().ok());
        Self::described_by(text.unwrap_or_default())
    }
}

impl Device {
    fn described_by(user_agent: &str) -> Self {
        let first_in = |known: &[(&str, &'static str)]| {
            let mut known = known.iter();
            let found = known.find(|(token, _)| user_agent.contains(token));
            found.map(|(_, name)| *name)
        };
        Self {
            browser: first_in(&BROWSERS),
            system: first_in(&SYSTEMS),
        }
    }

    /// Returns the log-in with the name of this device.
    ///
    /// Shows how to label a session: the list of devices displays the label.
    pub fn label_log_in(self, log_in: LogIn, language: Language) -> LogIn {
        match self.label(language) {
            Some(label) => log_in.with_label(label),
            None => log_in,
        }
    }

    /// Returns `true` if the label is that of a phone or a tablet.
    pub fn is_handheld(label: &str) -> bool {
        ["Android", "iPhone", "iPad"]
            .iter()
            .any(|system| label.ends_with(system))
    }

    fn label(self, language: Language) -> Option<Label> {
        let unknown = language.texts().unknown_browser;
        let text = match (self.browser, self.system) {
            (None, None) => return None,
            (browser, None) => browser.unwrap_or(unknown).to_owned(),
            (browser, Some(system)) => {
                let browser = browser.unwrap_or(unknown);
                format!("{browser} {} {system}", language.texts().on_system)
            }
        };
        Some(Label::new(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(user_agent: &str, language: Language) -> Option<String> {
        let label = Device::described_by(user_agent).label(language);
        label.map(|label| label.as_str().to_owned())
    }

    const LABELS: &[(&str, &str)] = &[
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Firefox on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             FxiOS/140.0 Mobile/15E148 Safari/605.1.15",
            "Firefox on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/140.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
             Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/140.0.0.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/18.5 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/16.6 Mobile/15E148 Safari/604.1",
            "Safari on iPad",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 \
             Safari/537.36 OPR/122.0.0.0",
            "Opera on Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) \
             SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 \
             Safari/537.36",
            "Chrome on Linux",
        ),
        ("curl/8.14.1", "curl"),
        ("Something/1.0 (Linux)", "Unknown browser on Linux"),
    ];

    #[test]
    fn a_label_has_the_names_of_browser_and_system() {
        for (user_agent, expected) in LABELS {
            let label = label(user_agent, Language::English);
            assert_eq!(label.as_deref(), Some(*expected), "{user_agent}");
        }
    }

    #[test]
    fn a_header_without_known_tokens_gives_no_label() {
        for user_agent in ["", "Mozilla/5.0", "<script>alert(1)</script>"] {
            assert_eq!(label(user_agent, Language::English), None);
        }
    }

    #[test]
    fn a_label_is_in_the_language_of_the_page() {
        let user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let german = label(user_agent, Language::German);
        assert_eq!(german.as_deref(), Some("Firefox unter Linux"));
    }
}
