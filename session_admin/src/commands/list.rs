use std::cmp::Reverse;
use std::num::NonZeroU32;

use session::Principal;
use session::store::{Page, SessionStorageBackend, SessionSummary};
use session::time::UtcDateTime;

use super::summary::{Summary, label, lifetime};
use crate::failure::Failure;
use crate::output::{harmless, print_json, print_rows};
use crate::store::Store;
use crate::times::readable;

/// The number of sessions that one operation lists.
const PAGE: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not zero");

pub(super) async fn list(store: &Store, principal: &Principal, json: bool) -> Result<(), Failure> {
    let now = UtcDateTime::now();
    let sessions = live_sessions(store, principal, now).await?;
    if json {
        let sessions: Vec<_> = sessions.iter().map(Summary::from).collect();
        print_json(&sessions)?;
    }
    if sessions.is_empty() {
        return Err(no_sessions(store, principal));
    }
    match json {
        true => Ok(()),
        false => print_rows(&table(&sessions, now)),
    }
}

/// Returns the sessions of a principal that have not expired, the most recently used first.
pub(super) async fn live_sessions(
    store: &Store,
    principal: &Principal,
    now: UtcDateTime,
) -> Result<Vec<SessionSummary>, Failure> {
    let what = format!("list the sessions of `{}`", harmless(principal.as_str()));
    let (mut sessions, mut next) = (Vec::new(), Some(Page::first(PAGE)));
    while let Some(page) = next {
        let list =
            async |store: &dyn SessionStorageBackend| store.sessions_of(principal, page).await;
        let found = store.run(&what, list).await?;
        next = page.next(&found);
        sessions.extend(found);
    }
    sessions.retain(|session| now < session.expires_at);
    sessions.sort_by_key(|session| Reverse((session.last_active_at, session.id)));
    Ok(sessions)
}

pub(super) fn no_sessions(store: &Store, principal: &Principal) -> Failure {
    let (principal, place) = (harmless(principal.as_str()), store.place());
    Failure::not_found(format!("`{principal}` has no live sessions in {place}"))
}

fn table(sessions: &[SessionSummary], now: UtcDateTime) -> Vec<[String; 5]> {
    let titles = ["ID", "LAST ACTIVE", "EXPIRES", "LIFETIME", "LABEL"];
    let mut rows = vec![titles.map(str::to_owned)];
    rows.extend(sessions.iter().map(|session| {
        [
            session.id.to_string(),
            readable(session.last_active_at, now),
            readable(session.expires_at, now),
            lifetime(session.lifetime).to_owned(),
            label(session),
        ]
    }));
    rows
}
