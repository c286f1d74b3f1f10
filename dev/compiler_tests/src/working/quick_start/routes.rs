use pavex::{Response, get, post};
use session::{Principal, Session, SessionError, StateKey};

const VISITS: StateKey<u64> = StateKey::new("visits");

#[get(path = "/")]
pub async fn index(session: &mut Session) -> Result<Response, SessionError> {
    // Runs again on the fresh value if another request committed in between.
    let visits = session.update(VISITS, |n| n.unwrap_or(0) + 1).await?;
    Ok(Response::ok().set_typed_body(format!("visit number {visits}")))
}

#[post(path = "/login")]
pub async fn login(session: &mut Session) -> Result<Response, SessionError> {
    // … after the password was checked:
    session.log_in(Principal::from(42_i64)).await?; // the token from before is dead
    Ok(Response::ok())
}

#[get(path = "/account")]
pub async fn account(principal: &Principal) -> Response {
    // Called only if somebody is logged in; else the answer is 401, or a redirect.
    Response::ok().set_typed_body(format!("the account of {principal}"))
}

#[post(path = "/logout")]
pub async fn logout(session: &mut Session) -> Response {
    session.log_out();
    Response::ok()
}
