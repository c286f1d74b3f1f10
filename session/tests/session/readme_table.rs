//! The table "In a handler" of the README: each piece of code in its first column is here.

use std::time::Duration;

use pavex::Blueprint;
use session::fresh::FiveMinutes;
use session::store::Label;
use session::testing::TestApp;
use session::{
    FlashLevel, Fresh, LocalPath, LogIn, PassiveRequest, Principal, Recent, Session, SessionError,
    SessionRegistry, StateKey,
};

const KEY: StateKey<u32> = StateKey::new("key");
const CART: StateKey<Vec<String>> = StateKey::new("cart");
const TEN_MINUTES: Duration = Duration::from_secs(600);

async fn state(session: &mut Session) -> Result<(), SessionError> {
    session.get(KEY).await?;
    session.insert(KEY, &1).await?;
    session.update(KEY, |it| it.unwrap_or(0) + 1).await?;
    _ = session
        .try_update(KEY, |_| Err::<Option<u32>, _>("none"))
        .await?;
    session.take(KEY).await?;
    session.remove(KEY).await?;
    let key: StateKey<String> = StateKey::expiring("oauth_state", TEN_MINUTES);
    session.insert(key, "random").await?;
    session.client().get(KEY)?;
    session.client_mut().insert(KEY, &1)?;
    let (level, text) = (FlashLevel::Info, "text");
    session.flash(level, text).await?;
    session.flashes().await?;
    session.commit().await
}

fn log_ins(principal: Principal, issuer: &str, sid: &str, hash: &str) -> Vec<LogIn> {
    let with_origin = {
        let principal = principal.clone();
        LogIn::new(principal).with_origin(issuer, sid)
    };
    let with_stamp = {
        let principal = principal.clone();
        LogIn::new(principal).with_stamp(hash.as_bytes())
    };
    let with_label = {
        let principal = principal.clone();
        LogIn::new(principal).with_label(Label::new("Firefox on Linux"))
    };
    let remembered = {
        let principal = principal.clone();
        LogIn::new(principal).remembered()
    };
    let of_browser = with_label.clone().for_this_browser_session();
    vec![with_origin, with_stamp, with_label, remembered, of_browser]
}

async fn life(session: &mut Session, principal: Principal) -> Result<(), SessionError> {
    let hash = "hash";
    for log_in in log_ins(principal.clone(), "issuer", "sid", hash) {
        session.log_in(log_in).await?;
    }
    let log_in = LogIn::new(principal.clone()).with_stamp(hash.as_bytes());
    session.log_in(log_in).await?;
    session.verify_stamp(hash.as_bytes()).await?;
    {
        let principal = principal.clone();
        session.log_in_keeping(principal, [CART]).await?;
    }
    session.log_in(principal).await?;
    session.recent().await?;
    session.remaining().await?;
    session.absolute_deadline().await?;
    session.log_out_keeping([CART]).await?;
    session.log_out();
    Ok(())
}

async fn end(sessions: &SessionRegistry, issuer: &str, sid: &str) -> Result<u64, SessionError> {
    sessions.revoke_origin(issuer, sid).await
}

fn middleware(mut bp: Blueprint) {
    bp.pre_process(session::PASSIVE_REQUESTS);
    bp.pre_process(session::CROSS_ORIGIN_PROTECTION);
}

fn members(principal: &Principal, user: &Recent<Principal>) -> bool {
    *principal == **user
}

fn member(member: &Fresh<Principal, FiveMinutes>, passive: &PassiveRequest) -> Option<LocalPath> {
    _ = (member, passive);
    LocalPath::parse("/")
}

fn visitor(principal: &Option<Principal>) -> bool {
    principal.is_none()
}

#[tokio::test]
async fn the_calls_in_the_table_of_the_readme_work_in_this_order() {
    let app = TestApp::new(session_memory::InMemorySessionStore::new());
    let mut browser = app.browser();
    let mut session = browser.request();
    state(&mut session).await.unwrap();
    life(&mut session, Principal::from(42_i64)).await.unwrap();
    let registry = SessionRegistry::new(&app.store, &app.policy);
    assert_eq!(end(&registry, "issuer", "sid").await.unwrap(), 0);
    browser.respond(session).await.unwrap();
    middleware(Blueprint::new());
    // Pavex calls the others.
    _ = (members, member, visitor);
}

#[test]
fn this_file_has_all_code_of_the_table() {
    let own: String = include_str!("readme_table.rs").split_whitespace().collect();
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| in a handler | effect |\n").unwrap();
    let mut count = 0;
    for row in table.lines().skip(1).take_while(|it| it.starts_with('|')) {
        let code = row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2);
        for span in code {
            let plain: String = span.split_whitespace().collect();
            assert!(own.contains(&plain), "{span}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}
