use serde::Serialize;
use session::SessionId;
use session::store::{Lifetime, SessionSummary};
use session::time::UtcDateTime;

use crate::output::harmless;
use crate::times::{exact, readable};

/// The part of a session that administrators see, for scripts.
#[derive(Serialize)]
pub(super) struct Summary {
    id: SessionId,
    label: Option<String>,
    lifetime: &'static str,
    created_at: String,
    authenticated_at: Option<String>,
    renewed_at: String,
    last_active_at: String,
    expires_at: String,
}

impl From<&SessionSummary> for Summary {
    fn from(summary: &SessionSummary) -> Self {
        Self {
            id: summary.id,
            label: summary
                .label
                .as_ref()
                .map(|label| label.as_str().to_owned()),
            lifetime: lifetime(summary.lifetime),
            created_at: exact(summary.created_at),
            authenticated_at: summary.authenticated_at.map(exact),
            renewed_at: exact(summary.secret_issued_at),
            last_active_at: exact(summary.last_active_at),
            expires_at: exact(summary.expires_at),
        }
    }
}

/// Returns the rows that show a session to people.
pub(super) fn rows(summary: &SessionSummary, now: UtcDateTime) -> Vec<[String; 2]> {
    let time = |time| readable(time, now);
    let logged_in = summary.authenticated_at.map_or("never".to_owned(), time);
    let rows = [
        ("label", label(summary)),
        ("lifetime", lifetime(summary.lifetime).to_owned()),
        ("created", time(summary.created_at)),
        ("logged in", logged_in),
        ("renewed", time(summary.secret_issued_at)),
        ("last active", time(summary.last_active_at)),
        ("expires", time(summary.expires_at)),
    ];
    let row = |(name, value): (&str, String)| [name.to_owned(), value];
    rows.map(row).into()
}

pub(super) fn label(summary: &SessionSummary) -> String {
    let label = summary.label.as_ref();
    label.map_or("none".to_owned(), |label| harmless(label.as_str()))
}

pub(super) fn lifetime(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::Ordinary => "ordinary",
        Lifetime::Remembered => "remembered",
        Lifetime::BrowserSession => "browser_session",
        _ => "other",
    }
}
