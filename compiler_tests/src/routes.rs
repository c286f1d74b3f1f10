//! The handlers that the blueprints share.

/// Routes that use a session.
pub mod visits {
    use pavex::{Response, get};
    use session::Session;

    /// A handler that needs a session to write to.
    #[get(path = "/visits")]
    pub async fn visits(session: &mut Session) -> Response {
        _ = session;
        Response::ok()
    }
}

/// Routes that have nothing to do with sessions.
pub mod health {
    use pavex::{Response, get};

    /// A handler that needs nothing.
    #[get(path = "/health")]
    pub fn health() -> Response {
        Response::ok()
    }
}
