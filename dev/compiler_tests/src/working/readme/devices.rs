use pavex::request::body::UrlEncodedBody;
use pavex::{Response, get, post};
use session::fresh::{FiveMinutes, Fresh};
use session::{Principal, Session, SessionError, SessionRegistry};

#[get(path = "/devices")]
pub async fn list_devices(
    user: &Principal,
    session: &Session,
    sessions: &SessionRegistry,
) -> Result<Response, SessionError> {
    let mut page = String::new();
    for device in sessions.list(user).await? {
        let name = device.label.as_ref().map(|label| label.as_str());
        let name = name.unwrap_or("a browser");
        let is_here = device.is_current(session);
        page += &format!("{} {name}, this one: {is_here}\n", device.id);
    }
    Ok(Response::ok().set_typed_body(page))
}

#[derive(serde::Deserialize)]
pub struct Device {
    pub id: String,
}

// Requires a recent log-in, so that a stranger at an unlocked screen cannot do it.
#[post(path = "/devices/log-out")]
pub async fn log_out_device(
    user: &Fresh<Principal, FiveMinutes>,
    sessions: &SessionRegistry,
    form: &UrlEncodedBody<Device>,
) -> Result<Response, SessionError> {
    if let Ok(id) = form.0.id.parse() {
        sessions.revoke(user, id).await?;
    }
    Ok(Response::ok())
}

#[post(path = "/devices/log-out-everywhere")]
pub async fn log_out_everywhere(
    user: &Fresh<Principal, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
) -> Result<Response, SessionError> {
    sessions.revoke_all(user).await?;
    session.log_out(); // removes the cookie
    Ok(Response::ok())
}
