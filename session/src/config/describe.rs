//! The [`SessionPolicy`] in plain words.

use std::fmt;
use std::time::Duration;

use super::caching::PageCaching;
use super::cookie::CookiePersistence;
use super::log_in::AtLimit;
use super::policy::SessionPolicy;
use super::state::{Activity, ClientSide, RecordCreation, TokenReuse};
use super::timeouts::Timeouts;
use super::timestamp;
use crate::store::lifetime::Lifetime;

impl fmt::Display for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe_lifetimes(f)?;
        self.describe_renewals(f)?;
        self.describe_cookie(f)?;
        self.describe_state(f)?;
        self.describe_caching(f)?;
        self.describe_log_ins(f)
    }
}

impl SessionPolicy {
    fn describe_lifetimes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        self.describe_timeouts(f)?;
        let share = state.extension_threshold * 100.0;
        let activity = match state.activity {
            Activity::AnyRequest => "any request",
            Activity::LoadsAndChanges => "a request that loads or changes the session",
            Activity::Changes => "a request that changes the session",
        };
        write!(
            f,
            "Activity is {activity}; it moves the deadline once less than {share:.0} % of the idle \
             time is left. "
        )?;
        match state.valid_from {
            Some(from) => {
                let from = timestamp::text(from);
                write!(
                    f,
                    "A session whose beginning and last log-in are before {from} is over. "
                )
            }
            None => Ok(()),
        }
    }

    fn describe_timeouts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [idle, absolute] = in_words_of(self.timeouts_of_log_in(Lifetime::Ordinary));
        write!(
            f,
            "A session ends after {idle} without activity, and at the latest {absolute} after its \
             last log-in. "
        )?;
        self.describe_remembered(f)?;
        let [idle, absolute] = in_words_of(self.timeouts_of_anonymous());
        write!(
            f,
            "If nobody has logged in, it ends after {idle} without activity, and at the latest \
             {absolute} after its beginning. "
        )
    }

    fn describe_remembered(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.config().log_in.allow_remembered {
            return f.write_str("No log-in is remembered. ");
        }
        let [idle, absolute] = in_words_of(self.timeouts_of_log_in(Lifetime::Remembered));
        write!(
            f,
            "If the log-in is remembered, it ends after {idle} without activity, and at the latest \
             {absolute} after that log-in. "
        )
    }

    fn describe_renewals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        if let Some(every) = state.renew_every {
            let (every, grace) = (in_words(every), in_words(state.renewal_grace));
            write!(
                f,
                "A session in use gets a new secret every {every}; the previous secret is accepted \
                 for {grace}. "
            )?;
        }
        f.write_str(match state.on_token_reuse {
            TokenReuse::Reject => "A token presented after it was replaced is rejected. ",
            TokenReuse::Revoke => "A token presented after it was replaced ends its session. ",
        })
    }

    fn describe_cookie(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookie = &self.config().cookie;
        self.describe_attributes(f)?;
        let host = cookie.domain.as_deref().unwrap_or("the host that set it");
        let kept = match cookie.persistence {
            CookiePersistence::Persistent => "until the session ends",
            CookiePersistence::BrowserSession => "until the browser is closed",
        };
        let path = &cookie.path;
        write!(f, "valid for the path {path} of {host}, and kept {kept}")?;
        let is_persistent = cookie.persistence == CookiePersistence::Persistent;
        match is_persistent || self.config().log_in.allow_remembered {
            true => f.write_str(", unless the log-in chose otherwise. "),
            false => f.write_str(". "),
        }
    }

    fn describe_attributes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookie = &self.config().cookie;
        let protected = match self.state().client_side {
            ClientSide::Allow => "signed, or encrypted if it carries client-side state",
            ClientSide::Deny => "signed",
        };
        let name = &cookie.name;
        write!(f, "The cookie `{name}` is {protected}. It is HttpOnly, ")?;
        if cookie.secure {
            f.write_str("Secure, ")?;
        }
        let same_site = pavex::cookie::SameSite::from(cookie.same_site);
        write!(f, "SameSite={same_site}, ")?;
        match cookie.partitioned {
            true => f.write_str("Partitioned, "),
            false => Ok(()),
        }
    }

    fn describe_state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        self.describe_client_side(f)?;
        let on_error = match state.save_on_server_error {
            true => "kept",
            false => "discarded",
        };
        write!(
            f,
            "Server-side state has at most {} bytes; changes are {on_error} if the response is a \
             server error. A store operation has a time limit of {}. ",
            state.max_size,
            in_words(self.store_timeout()),
        )?;
        self.describe_copies(f)
    }

    fn describe_copies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recent = self.config().store.recent;
        if recent.is_zero() {
            return f.write_str("Each read of a session loads it from the store. ");
        }
        let recent = in_words(recent);
        write!(
            f,
            "A page that asks for a recent session may show one that another server ended up to \
             {recent} ago. "
        )
    }

    fn describe_caching(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("A response with a session cookie is kept out of shared caches. ")?;
        f.write_str(match self.config().caching.pages {
            PageCaching::Private => "Only the visitor's browser may store a page of a session. ",
            PageCaching::NoStore => "No cache may store a page of a session. ",
            PageCaching::Any => "Any cache may store a page of a session. ",
        })?;
        let cleared = self.config().caching.clear_site_data(false);
        if let Some(kinds) = cleared.as_ref().and_then(|v| v.to_str().ok()) {
            write!(
                f,
                "A log-out clears in the browser: {}. ",
                kinds.replace('"', "")
            )?;
        }
        Ok(())
    }

    fn describe_client_side(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.write_str(match (state.client_side, state.record) {
            (ClientSide::Deny, _) => "Client-side state is denied. ",
            (ClientSide::Allow, RecordCreation::Always) => {
                "Client-side state is allowed, and each session has a record in the store. "
            }
            (ClientSide::Allow, RecordCreation::IfServerSide) => {
                "Client-side state is allowed, and a session with nothing else has no record in the \
                 store. "
            }
        })
    }

    fn describe_log_ins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log_in = &self.config().log_in;
        let Some(limit) = log_in.max_sessions_per_principal else {
            return f.write_str("A principal may have any number of sessions.");
        };
        let outcome = match log_in.at_limit {
            AtLimit::EndOldest => "ends the session with the oldest log-in",
            AtLimit::Refuse => "is refused",
        };
        write!(
            f,
            "A principal may have {limit} sessions; a log-in beyond that {outcome}."
        )
    }
}

fn in_words_of(timeouts: &Timeouts) -> [String; 2] {
    [timeouts.idle, timeouts.absolute].map(in_words)
}

/// Writes a duration like `1 day`; humantime writes `1day`.
fn in_words(duration: Duration) -> String {
    let text = humantime::format_duration(duration).to_string();
    let mut words = String::new();
    let mut previous = ' ';
    for c in text.chars() {
        if c.is_alphabetic() && previous.is_ascii_digit() {
            words.push(' ');
        }
        words.push(c);
        previous = c;
    }
    words
}
