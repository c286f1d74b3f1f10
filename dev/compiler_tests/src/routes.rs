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

/// Routes that scripts ask for again and again.
pub mod polling {
    use pavex::{Response, get};
    use session::{PassiveRequest, Session};

    /// A handler whose requests are not activity.
    #[get(path = "/session")]
    pub fn time_left(session: &mut Session, passive: &PassiveRequest) -> Response {
        _ = (session, passive);
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

/// Routes whose handlers say in their signature who may call them.
pub mod members {
    use pavex::{Response, get, post};
    use session::fresh::{FiveMinutes, Window};
    use session::{Fresh, FreshError, Principal, Recent, Session, SessionPolicy, SessionRegistry};

    /// For those who are logged in.
    #[get(path = "/profile")]
    pub fn profile(principal: &Principal) -> Response {
        _ = principal;
        Response::ok()
    }

    /// For everybody.
    #[get(path = "/welcome")]
    pub fn welcome(principal: &Option<Principal>) -> Response {
        _ = principal;
        Response::ok()
    }

    /// For those who were logged in a moment ago.
    #[get(path = "/greeting")]
    pub fn greeting(principal: &Recent<Principal>) -> Response {
        _ = principal.as_str();
        Response::ok()
    }

    /// For everybody, with the one who was logged in a moment ago.
    #[get(path = "/header")]
    pub fn header(principal: &Option<Recent<Principal>>, session: &mut Session) -> Response {
        _ = (principal, session);
        Response::ok()
    }

    /// For those who have logged in a moment ago.
    #[post(path = "/password")]
    pub fn password(member: &Fresh<Principal, FiveMinutes>, session: &mut Session) -> Response {
        _ = (member, session);
        Response::ok()
    }

    /// For those who are logged in, with the registry.
    #[get(path = "/devices")]
    pub fn devices(
        principal: &Principal,
        session: &Session,
        sessions: &SessionRegistry,
    ) -> Response {
        _ = (principal, session, sessions);
        Response::ok()
    }

    /// A type of the application.
    #[derive(Debug, Clone)]
    pub struct Member(Principal);

    /// A window of the application.
    #[derive(Debug, Clone, Copy)]
    pub struct OneMinute;

    impl Window for OneMinute {
        const VALID_FOR: std::time::Duration = std::time::Duration::from_secs(60);
    }

    #[pavex::methods]
    impl Member {
        /// The one who is logged in.
        #[request_scoped]
        pub fn new(principal: &Principal) -> Self {
            Self(principal.clone())
        }
    }

    /// A type of the application that has to be fresh.
    #[pavex::request_scoped]
    pub async fn fresh_member(
        member: &Member,
        session: &Session,
        policy: &SessionPolicy,
    ) -> Result<Fresh<Member, OneMinute>, FreshError> {
        Fresh::new(member.clone(), session, policy).await
    }

    /// With a window of the application.
    #[post(path = "/email")]
    pub fn email(principal: &Fresh<Principal, OneMinute>) -> Response {
        _ = principal.as_str();
        Response::ok()
    }

    /// For a type of the application.
    #[post(path = "/close")]
    pub fn close(member: &Fresh<Member, OneMinute>) -> Response {
        _ = &member.0;
        Response::ok()
    }
}
