use serde_json::{Value, json};

/// What somebody sits in front of.
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

    /// The name of the file with a picture of that page.
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

    /// What Chromium is to pretend to be. Without it, Chromium says that it has no window.
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

    /// For `Emulation.setDeviceMetricsOverride`.
    pub(super) fn metrics(self) -> Value {
        let (height, mobile) = match self {
            Self::Desktop => (800, false),
            Self::Phone => (740, true),
        };
        let width = self.width();
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile })
    }
}
