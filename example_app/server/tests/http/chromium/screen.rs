use serde_json::{Value, json};

/// The kind of device that a visitor uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    Desktop,
    Phone,
}

impl Screen {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Desktop => Self::Phone,
            Self::Phone => Self::Desktop,
        }
    }

    /// Returns the file name for the screenshot of a page.
    pub(super) fn file(self, colours: &str, page: &str) -> String {
        let screen = match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
        };
        format!("{screen}-{colours}-{page}.png")
    }

    pub(super) fn width(self) -> u32 {
        match self {
            Self::Desktop => 1280,
            Self::Phone => 360,
        }
    }

    /// Returns the `User-Agent` header. By default, Chromium would send that of a headless browser.
    pub(super) fn user_agent(self) -> &'static str {
        match self {
            Self::Desktop => {
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36"
            }
            Self::Phone => {
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Mobile Safari/537.36"
            }
        }
    }

    /// Returns the parameters of `Emulation.setDeviceMetricsOverride`.
    pub(super) fn metrics(self) -> Value {
        let (height, mobile) = match self {
            Self::Desktop => (800, false),
            Self::Phone => (740, true),
        };
        let width = self.width();
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile })
    }
}
