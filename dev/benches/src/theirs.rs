//! The work done by `pavex_session`.

use pavex::Response;
use pavex::cookie::{Processor, ResponseCookies, extract_request_cookies, inject_response_cookies};
use pavex::request::RequestHead;
use pavex_session::{IncomingSession, Session, SessionConfig, SessionStore};
use pavex_session_memory_store::InMemorySessionStore;

use crate::{COOKIE_NAME, Work, cookies};

/// The state of an application.
#[derive(Debug)]
pub struct App {
    config: SessionConfig,
    store: SessionStore,
    processor: Processor,
}

impl App {
    /// Creates an application with an empty store.
    #[expect(clippy::new_without_default, reason = "only the benchmarks use it")]
    pub fn new() -> Self {
        let mut config = SessionConfig::new();
        config.cookie.name = COOKIE_NAME.into();
        Self {
            config,
            store: InMemorySessionStore::new().into(),
            processor: cookies(COOKIE_NAME).into(),
        }
    }

    /// Answers one request.
    pub async fn request(&self, head: &RequestHead, work: Work, value: u64) -> Response {
        let cookies = extract_request_cookies(head, &self.processor).expect("the header is valid");
        let incoming = IncomingSession::extract(&cookies, self.config.cookie_config());
        let mut session = Session::new(&self.store, &self.config, incoming);
        match work {
            Work::Untouched => {}
            Work::Read | Work::ReadRecent => {
                _ = session.get::<u64>("value").await.expect("the store works");
            }
            Work::Write | Work::WriteBoth => {
                _ = session
                    .insert("value", value)
                    .await
                    .expect("the store works")
            }
        }
        if let Work::WriteBoth = work {
            let written = session.client_mut().insert("value", value);
            _ = written.expect("it is a number");
        }
        let mut cookies = ResponseCookies::new();
        let response =
            pavex_session::finalize_session(Response::ok(), &mut cookies, &self.processor, session)
                .await
                .expect("the store works");
        inject_response_cookies(response, cookies, &self.processor).expect("the header is valid")
    }
}
