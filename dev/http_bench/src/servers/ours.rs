//! Pavex with `session_kit`.

use anyhow::bail;
use pavex::Response;
use pavex::request::RequestHead;
use session::config::CRYPTO_RULE;
use session::{
    CheckedSessionStore, IncomingSession, Session, SessionConfig, SessionError, SessionPolicy,
    SessionStore, finalize_session,
};
use session_memory::InMemorySessionStore;
use session_redis::RedisSessionStore;
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::SqliteSessionStore;

use super::app::{self, Use, next_value, shown};
use super::settings::{COOKIE, LIFETIME, cookies};

pub(super) struct App {
    policy: SessionPolicy,
    store: CheckedSessionStore,
    is_cookie_only: bool,
}

impl App {
    pub(super) async fn new(store: &str, url: &str) -> anyhow::Result<Self> {
        let mut config = SessionConfig::default();
        config.cookie.name = COOKIE.into();
        config.state.idle_timeout = LIFETIME;
        let policy = SessionPolicy::new(&config, &cookies(CRYPTO_RULE))?;
        // The numbers of connections are the defaults. Each thread has its own of them.
        let store: SessionStore = match store {
            "cookie" => SessionStore::cookie_only(),
            "memory" => InMemorySessionStore::new().into(),
            "sqlite" => SqliteSessionStore::from_config(&sql(url)?).await?.into(),
            "postgres" => PostgresSessionStore::from_config(&sql(url)?).await?.into(),
            "redis" => {
                let client = redis::Client::open(url)?;
                RedisSessionStore::connect(client).await?.into()
            }
            _ => bail!("there is no store `{store}`"),
        };
        let is_cookie_only = store.is_cookie_only();
        let store = CheckedSessionStore::new(&store, &policy).await?;
        Ok(Self {
            policy,
            store,
            is_cookie_only,
        })
    }

    async fn value(&self, session: &mut Session, use_: Use) -> Result<u64, SessionError> {
        let value = match use_ {
            Use::Untouched => None,
            Use::Read if self.is_cookie_only => session.client().get("value")?,
            Use::Read => session.get("value").await?,
            Use::Recent => session.recent().await?.get("value")?,
            Use::Write => {
                let value = next_value();
                match self.is_cookie_only {
                    true => session.client_mut().insert("value", &value)?,
                    false => session.insert("value", &value).await?,
                }
                Some(value)
            }
        };
        Ok(value.unwrap_or(0))
    }
}

fn sql(url: &str) -> anyhow::Result<SqlSessionConfig> {
    Ok(SqlSessionConfig::new(url.parse()?))
}

impl app::App for App {
    async fn answer(&self, head: &RequestHead, use_: Use) -> anyhow::Result<Response> {
        let incoming = IncomingSession::extract(head, &self.policy);
        let mut session = Session::new(&self.store, &self.policy, incoming);
        let value = self.value(&mut session, use_).await?;
        Ok(finalize_session(shown(value), session, head).await?)
    }
}
