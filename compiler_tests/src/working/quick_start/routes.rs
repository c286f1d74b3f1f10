use pavex::{Response, get, post};
use session::{Session, SessionError, StateKey};

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
    session.insert("user_id", 42).await?;
    session.renew(); // the token from before the log-in is dead
    Ok(Response::ok())
}

#[post(path = "/logout")]
pub async fn logout(session: &mut Session) -> Response {
    session.invalidate();
    Response::ok()
}
