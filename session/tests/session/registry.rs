//! The registry: to list the sessions of a principal, and to end them from outside.

use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{Page, SessionRecord, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{Principal, SessionId, SessionRegistry};
use uuid::Uuid;

use crate::support::*;

async fn logged_in(app: &TestApp, owner: Principal) -> TestBrowser {
    let mut browser = app.browser();
    log_in(&mut browser, owner).await.unwrap();
    app.clock.advance(MINUTE);
    browser
}

async fn is_logged_in(browser: &TestBrowser) -> bool {
    browser.request().principal().await.unwrap().is_some()
}

fn registry(app: &TestApp) -> SessionRegistry {
    SessionRegistry::new(&app.store, &app.policy)
}

#[tokio::test]
async fn a_principal_sees_their_live_sessions_those_used_last_first() {
    let app = Spy::default().app();
    let laptop = logged_in(&app, alice()).await;
    let phone = logged_in(&app, alice()).await;
    logged_in(&app, bob()).await;
    let mut session = laptop.request();
    session.insert("theme", "dark").await.unwrap();
    laptop.clone().respond(session).await.unwrap();

    let list = registry(&app).list(&alice()).await.unwrap();
    let ids: Vec<_> = list.iter().map(|summary| summary.id).collect();
    let (laptop, phone) = (laptop.request(), phone.request());
    assert_eq!(ids, [laptop.id().unwrap(), phone.id().unwrap()]);
    assert!(list[0].is_current(&laptop) && !list[0].is_current(&phone));
    assert!(list[1].authenticated_at.is_some());
    assert!(!list[1].is_current(&app.browser().request()));

    app.clock.advance(2 * DAY);
    assert!(registry(&app).list(&alice()).await.unwrap().is_empty());
}

fn page(limit: u32) -> Page {
    Page::first(NonZeroU32::new(limit).unwrap())
}

#[tokio::test]
async fn a_page_of_live_sessions_is_full_although_some_have_ended() {
    let spy = Spy::default();
    let app = spy.app();
    let mut ids = vec![];
    for n in 0..12 {
        let browser = logged_in(&app, alice()).await;
        ids.push(browser.request().id().unwrap());
        // The first five expire before the others begin.
        app.clock.advance(if n == 4 { 2 * DAY } else { MINUTE });
    }
    let registry = registry(&app);
    assert_eq!(registry.count(&alice()).await.unwrap(), 7);
    assert_eq!(registry.count(&bob()).await.unwrap(), 0);
    spy.operations();
    let (mut found, mut next) = (vec![], Some(page(3)));
    while let Some(page) = next {
        let sessions = registry.list_page(&alice(), page).await.unwrap();
        next = page.next(&sessions);
        assert_eq!(sessions.len(), if next.is_some() { 3 } else { 1 });
        found.extend(sessions.iter().map(|session| session.id));
    }
    assert_eq!(found, ids[5..]);
    assert!(spy.operations().len() <= 7);
}

/// Adds sessions of Alice to the store until she has `count`.
async fn with_sessions(spy: &Spy, app: &TestApp, count: u128) {
    let browser = logged_in(app, alice()).await;
    let first = browser.request().id().unwrap();
    let record = spy.inner().load(first).await.unwrap().unwrap();
    for n in 1..count {
        let id = Uuid::from_u128(first.as_uuid().as_u128() + n);
        let mut record = SessionRecord::clone(&record);
        record.id = SessionId::try_from(id).unwrap();
        _ = spy.inner().create(&Arc::new(record)).await.unwrap();
    }
    spy.operations();
}

#[tokio::test]
async fn a_principal_with_thousands_of_sessions_has_all_of_them_in_the_list() {
    let spy = Spy::default();
    let app = spy.app();
    with_sessions(&spy, &app, 20_000).await;
    let list = registry(&app).list(&alice()).await.unwrap();
    assert_eq!(list.len(), 20_000);
    // The third page is the one that is not full.
    assert_eq!(spy.operations(), ["sessions_of"; 3]);
    assert_eq!(registry(&app).revoke_all(&alice()).await.unwrap(), 20_000);
}

/// On Redis, each operation reads the whole index of the principal.
#[tokio::test]
async fn a_small_page_after_thousands_of_ended_sessions_takes_few_operations() {
    let spy = Spy::default();
    let app = spy.app();
    with_sessions(&spy, &app, 10_500).await;
    app.clock.advance(2 * DAY);
    let live = logged_in(&app, alice()).await.request().id().unwrap();
    for _ in 0..11 {
        logged_in(&app, alice()).await;
    }
    spy.operations();
    let sessions = registry(&app).list_page(&alice(), page(10)).await.unwrap();
    assert_eq!(sessions.len(), 10);
    assert_eq!(sessions[0].id, live);
    assert_eq!(spy.operations().len(), 3);
}

#[tokio::test]
async fn the_data_of_a_principal_are_exported_with_the_values_of_each_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut laptop = logged_in(&app, alice()).await;
    let mut session = laptop.request();
    session.insert("card", "planted-value").await.unwrap();
    laptop.respond(session).await.unwrap();
    let id = laptop.request().id().unwrap();
    logged_in(&app, bob()).await;
    app.clock.advance(30 * DAY);
    logged_in(&app, alice()).await;
    let exported = registry(&app).export(&alice()).await.unwrap();
    let states: Vec<_> = exported
        .iter()
        .map(|it| it.state.as_ref().unwrap().as_json())
        .collect();
    assert_eq!(
        states,
        [r#"{"card":"planted-value"}"#, "{}"],
        "the first one is expired"
    );
    assert_eq!(exported[0].summary.id, id);
    assert!(!format!("{exported:?}").contains("planted"));

    spy.behave(Behaviour::UnreadableRecords);
    let unreadable = registry(&app).export(&alice()).await.unwrap();
    assert!(unreadable.iter().all(|it| it.state.is_none()));
    assert_eq!(unreadable.len(), 2);
    spy.behave(Behaviour::FailingLists);
    assert!(registry(&app).export(&alice()).await.is_err());
}

#[tokio::test]
async fn a_shortened_absolute_timeout_holds_for_the_list_too() {
    let spy = Spy::default();
    let app = spy.app();
    logged_in(&app, alice()).await;
    app.clock.advance(2 * HOUR);
    assert_eq!(registry(&app).list(&alice()).await.unwrap().len(), 1);
    let stricter = spy.app_with(|config| {
        config.state.idle_timeout = HOUR;
        config.state.absolute_timeout = HOUR;
    });
    stricter.clock.advance(2 * HOUR);
    assert!(registry(&stricter).list(&alice()).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_session_is_revoked_and_only_by_its_owner() {
    let app = Spy::default().app();
    let laptop = logged_in(&app, alice()).await;
    let phone = logged_in(&app, alice()).await;
    let visitor = browser_with_session(&app).await;
    let sessions = registry(&app);
    let id = phone.request().id().unwrap();
    let anonymous = visitor.request().id().unwrap();

    assert!(!sessions.revoke(&bob(), id).await.unwrap());
    assert!(!sessions.revoke(&alice(), anonymous).await.unwrap());
    assert!(is_logged_in(&phone).await);

    assert!(sessions.revoke(&alice(), id).await.unwrap());
    assert!(!is_logged_in(&phone).await);
    assert!(is_logged_in(&laptop).await);
    assert!(!sessions.revoke(&alice(), id).await.unwrap());
}

/// A newer release has written it, or it is damaged.
#[tokio::test]
async fn a_session_whose_record_cannot_be_read_is_revoked_by_id_and_only_by_its_owner() {
    let spy = Spy::default();
    let app = spy.app();
    let phone = logged_in(&app, alice()).await;
    let id = phone.request().id().unwrap();
    let anonymous = browser_with_session(&app).await.request().id().unwrap();
    spy.behave(Behaviour::UnreadableRecords);
    let sessions = registry(&app);
    assert!(!sessions.revoke(&bob(), id).await.unwrap());
    assert!(!sessions.revoke(&alice(), anonymous).await.unwrap());
    assert_eq!(spy.inner().len(), 2);
    spy.operations();
    assert!(sessions.revoke(&alice(), id).await.unwrap());
    assert_eq!(spy.operations(), ["load", "sessions_of", "delete"]);
    assert_eq!(spy.inner().len(), 1);
    assert!(!sessions.revoke(&alice(), id).await.unwrap());
}

#[tokio::test]
async fn all_others_are_revoked_but_this_one() {
    let app = Spy::default().app();
    let laptop = logged_in(&app, alice()).await;
    let phone = logged_in(&app, alice()).await;
    let bobs = logged_in(&app, bob()).await;
    let sessions = registry(&app);

    let anonymous = app.browser().request();
    assert_eq!(sessions.revoke_others(&anonymous).await.unwrap(), 0);
    assert_eq!(sessions.revoke_others(&laptop.request()).await.unwrap(), 1);
    assert!(is_logged_in(&laptop).await);
    assert!(!is_logged_in(&phone).await);
    assert!(is_logged_in(&bobs).await);
}

/// The order of the two in a handler does not matter.
#[tokio::test]
async fn a_log_in_that_is_not_committed_yet_is_not_revoked_with_the_others() {
    let app = Spy::default().app();
    let phone = logged_in(&app, alice()).await;
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    assert_eq!(registry(&app).revoke_others(&session).await.unwrap(), 1);
    browser.respond(session).await.unwrap();
    assert!(is_logged_in(&browser).await);
    assert!(!is_logged_in(&phone).await);
}

#[tokio::test]
async fn all_sessions_of_a_principal_are_revoked() {
    let app = Spy::default().app();
    let laptop = logged_in(&app, alice()).await;
    let bobs = logged_in(&app, bob()).await;
    assert_eq!(registry(&app).revoke_all(&alice()).await.unwrap(), 1);
    assert!(!is_logged_in(&laptop).await);
    assert!(is_logged_in(&bobs).await);
}

#[tokio::test]
async fn every_session_of_the_application_is_revoked() {
    let spy = Spy::default();
    let app = spy.app();
    let laptop = logged_in(&app, alice()).await;
    for _ in 0..10_500 {
        browser_with_session(&app).await;
    }
    assert_eq!(registry(&app).revoke_all_sessions().await.unwrap(), 10_501);
    assert!(!is_logged_in(&laptop).await);
    assert_eq!(spy.inner().len(), 0);
    assert_eq!(registry(&app).revoke_all_sessions().await.unwrap(), 0);
}

#[tokio::test]
async fn a_revocation_up_to_a_moment_spares_later_sessions_and_reports_its_progress() {
    let app = Spy::default().app();
    let earlier = logged_in(&app, alice()).await;
    let until = app.clock.now();
    app.clock.advance(MINUTE);
    let later = logged_in(&app, bob()).await;
    let mut progress = vec![];
    let registry = registry(&app);
    let revocation = registry.revoke_created_until(until, |ended| progress.push(ended));
    assert_eq!(revocation.await.unwrap(), 1);
    assert!(progress.is_sorted() && progress.last() == Some(&1));
    assert!(!is_logged_in(&earlier).await);
    assert!(is_logged_in(&later).await);
}

#[tokio::test]
async fn a_request_under_way_cannot_bring_a_revoked_session_back() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = logged_in(&app, alice()).await;
    let mut writer = browser.request();
    writer.insert("cart", &[1]).await.unwrap();
    let mut renewer = browser.request();
    renewer.force_load().await.unwrap();
    renewer.renew();
    // Has not loaded the record: to the commit, the cookie is a stale one like any other.
    let mut unaware = browser.request();
    unaware.client_mut().insert("language", "de").unwrap();
    let id = unaware.id();

    registry(&app).revoke_all(&alice()).await.unwrap();
    for session in [writer, renewer] {
        let response = browser.clone().respond(session).await.unwrap();
        assert!(set_cookie(&response).is_none());
    }
    assert_eq!(spy.inner().len(), 0);

    let mut after = browser.clone();
    after.respond(unaware).await.unwrap();
    assert_ne!(after.request().id(), id);
    assert!(!is_logged_in(&after).await);
}
