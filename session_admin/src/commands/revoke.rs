use serde_json::json;
use session::time::UtcDateTime;
use session::{Principal, SessionId};

use super::list::{live_sessions, no_sessions};
use super::show::no_session;
use crate::confirm::confirm;
use crate::failure::Failure;
use crate::output::{harmless, print_json, print_line};
use crate::progress::Progress;
use crate::store::{BATCH, Store};
use crate::times::exact;

pub(super) async fn one(store: &Store, id: SessionId, json: bool) -> Result<(), Failure> {
    let what = format!("end the session {id}");
    let delete = store.run(what, async |store| store.delete(id, None).await);
    match delete.await? {
        true => print_ended(1, json),
        false => Err(no_session(store, id)),
    }
}

pub(super) async fn all(
    store: &Store,
    principal: &Principal,
    is_confirmed: bool,
    json: bool,
) -> Result<(), Failure> {
    let name = harmless(principal.as_str());
    if !is_confirmed {
        let sessions = live_sessions(store, principal, UtcDateTime::now()).await?;
        let count = sessions.len();
        let question = format!(
            "End {count} live sessions of `{name}` in {}?",
            store.place()
        );
        confirm(&question, false)?;
    }
    let what = format!("end the sessions of `{name}`");
    let delete = store.run(what, async |store| {
        store.delete_all_of(principal, None).await
    });
    match delete.await? {
        0 => Err(no_sessions(store, principal)),
        ended => print_ended(ended, json),
    }
}

pub(super) async fn everything(
    store: &Store,
    until: UtcDateTime,
    is_confirmed: bool,
    json: bool,
) -> Result<(), Failure> {
    let time = exact(until);
    let question = format!("End all sessions in {} from before {time}?", store.place());
    confirm(&question, is_confirmed)?;
    print_ended(end_created_until(store, until).await?, json)
}

async fn end_created_until(store: &Store, until: UtcDateTime) -> Result<u64, Failure> {
    let progress = Progress::of("sessions ended");
    let (mut ended, mut from) = (0, None);
    loop {
        let what = match ended {
            0 => "end the sessions".to_owned(),
            ended => format!("end more than {ended} sessions"),
        };
        let from_here = from.as_ref();
        let step = store.run(what, async |store| {
            store.delete_created_until(until, BATCH, from_here).await
        });
        let step = step.await?;
        ended += step.deleted;
        progress.show(ended);
        from = step.next;
        if from.is_none() {
            return Ok(ended);
        }
    }
}

fn print_ended(ended: u64, json: bool) -> Result<(), Failure> {
    match (json, ended) {
        (true, _) => print_json(&json!({ "ended": ended })),
        (false, 1) => print_line("1 session ended."),
        (false, _) => print_line(&format!("{ended} sessions ended.")),
    }
}
