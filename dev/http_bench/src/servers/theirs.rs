//! Pavex with `pavex_session`.

use anyhow::bail;
use pavex::Response;
use pavex::cookie::{Processor, ResponseCookies, extract_request_cookies, inject_response_cookies};
use pavex::request::RequestHead;
use pavex_session::{IncomingSession, Session, SessionConfig, SessionStore, finalize_session};
use pavex_session_memory_store::InMemorySessionStore;
use pavex_session_sqlx::{PostgresSessionStore, SqliteSessionStore};

use super::app::{self, Use, next_value, shown};
use super::settings::{COOKIE, LIFETIME, SQLITE_CONNECTIONS, cookies, postgres, sqlite};

pub(super) struct App {
    config: SessionConfig,
    store: SessionStore,
    processor: Processor,
}

impl App {
    pub(super) async fn new(store: &str, url: &str) -> anyhow::Result<Self> {
        let mut config = SessionConfig::new();
        config.cookie.name = COOKIE.into();
        config.state.ttl = LIFETIME;
        let store: SessionStore = match store {
            "memory" => InMemorySessionStore::new().into(),
            "sqlite" => {
                let store = SqliteSessionStore::new(sqlite(url, SQLITE_CONNECTIONS).await?);
                store.migrate().await?;
                store.into()
            }
            "postgres" => {
                let store = PostgresSessionStore::new(postgres(url).await?);
                store.migrate().await?;
                store.into()
            }
            _ => bail!("there is no store `{store}`"),
        };
        Ok(Self {
            config,
            store,
            processor: cookies(COOKIE).into(),
        })
    }
}

impl app::App for App {
    async fn answer(&self, head: &RequestHead, use_: Use) -> anyhow::Result<Response> {
        let cookies = extract_request_cookies(head, &self.processor)?;
        let incoming = IncomingSession::extract(&cookies, self.config.cookie_config());
        let mut session = Session::new(&self.store, &self.config, incoming);
        let value = match use_ {
            Use::Untouched => 0,
            Use::Read => session.get("value").await?.unwrap_or(0),
            Use::Recent => bail!("the library has no such reads"),
            Use::Write => {
                let value = next_value();
                session.insert("value", value).await?;
                value
            }
        };
        let mut cookies = ResponseCookies::new();
        let response = shown(value);
        let response = finalize_session(response, &mut cookies, &self.processor, session).await?;
        Ok(inject_response_cookies(response, cookies, &self.processor)?)
    }
}
