use pavex::{Response, get};
use session::{Principal, Recent};

#[get(path = "/news")]
pub async fn news(user: &Option<Recent<Principal>>) -> Response {
    Response::ok().set_typed_body(match user {
        Some(user) => format!("News for user {}", **user),
        None => "News for everybody".to_owned(),
    })
}
