use serde::Serialize;
use session::SessionId;
use session::store::SessionRecord;
use session::time::UtcDateTime;

use super::summary::{Summary, rows};
use crate::failure::Failure;
use crate::output::{harmless, print_json, print_rows};
use crate::store::Store;

/// A record without its secrets and its state, for scripts.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    summary: Summary,
    principal: Option<String>,
    live: bool,
    state_bytes: usize,
}

pub(super) async fn show(store: &Store, id: SessionId, json: bool) -> Result<(), Failure> {
    let what = format!("read the session {id}");
    let record = store.run(what, async |store| store.load(id).await).await?;
    let Some(record) = record else {
        return Err(no_session(store, id));
    };
    let now = UtcDateTime::now();
    match json {
        true => print_json(&shown(&record, now)),
        false => print_rows(&described(&record, now)),
    }
}

pub(super) fn no_session(store: &Store, id: SessionId) -> Failure {
    Failure::not_found(format!("there is no session {id} in {}", store.place()))
}

fn shown(record: &SessionRecord, now: UtcDateTime) -> Shown {
    let principal = record.principal.as_ref();
    Shown {
        summary: Summary::from(&record.summary()),
        principal: principal.map(|principal| principal.as_str().to_owned()),
        live: now < record.expires_at,
        state_bytes: record.state.as_json().len(),
    }
}

fn described(record: &SessionRecord, now: UtcDateTime) -> Vec<[String; 2]> {
    let row = |name: &str, value: String| [name.to_owned(), value];
    let principal = record.principal.as_ref();
    let principal = principal.map_or("none".to_owned(), |it| harmless(it.as_str()));
    let live = if now < record.expires_at { "yes" } else { "no" };
    let state = format!("{} bytes", record.state.as_json().len());
    let mut described = vec![row("id", record.id.to_string())];
    described.extend([row("principal", principal), row("live", live.to_owned())]);
    described.extend(rows(&record.summary(), now));
    described.push(row("state", state));
    described
}
