use std::sync::{Arc, OnceLock};

use time::UtcDateTime;
use tokio::sync::OnceCell;

use super::Session;
use crate::clock;
use crate::config::TokenReuse;
use crate::cookie::payload::CookieContent;
use crate::errors::SessionError;
use crate::state::server::Tracked;
use crate::store::{SessionRecord, StoreError, StoreErrorKind};
use crate::telemetry;
use crate::token::Secret;

/// The server-side half of a session, as far as this request knows it.
pub(crate) struct Server {
    pub(crate) standing: Standing,
    pub(crate) state: Tracked,
}

/// How the request stands to its session.
pub(crate) enum Standing {
    /// It has none: no cookie, or one whose session has ended.
    Nobody,
    /// Its secret was replaced a moment ago.
    Superseded,
    /// It had one, which ended or got a new secret after it was loaded.
    Lost,
    /// Its session has no record.
    Recordless,
    /// It holds a valid secret of the session with this record.
    Live(Arc<SessionRecord>, Presented),
}

/// Which of the record's secrets the cookie carries.
#[derive(Clone)]
pub(crate) enum Presented {
    Current,
    /// The one before the last renewal, with which the current one could be unsealed.
    Previous {
        current: Secret,
    },
}

impl Server {
    pub(crate) fn record(&self) -> Option<&SessionRecord> {
        match &self.standing {
            Standing::Live(record, _) => Some(record),
            _ => None,
        }
    }

    fn without_record(standing: Standing) -> Self {
        Self {
            standing,
            state: Tracked::default(),
        }
    }
}

impl Session {
    /// What the request's cookie says, if it is authentic and its deadline has not passed.
    pub(crate) fn content(&self) -> Option<&CookieContent> {
        let authenticate = || self.authenticate(|| self.0.policy.now());
        self.0.content.get_or_init(authenticate).as_ref()
    }

    /// Of several authentic cookies, the most recently issued one counts.
    pub(crate) fn authenticate(&self, now: impl FnOnce() -> UtcDateTime) -> Option<CookieContent> {
        let incoming = self.0.incoming.as_ref()?;
        let now = now();
        let mut latest: Option<CookieContent> = None;
        for value in incoming.candidates() {
            let Some(content) = self.read_cookie(value).filter(|c| c.expires_at > now) else {
                continue;
            };
            if latest
                .as_ref()
                .is_some_and(|l| l.token.id != content.token.id)
            {
                telemetry::several_cookies();
            }
            if latest
                .as_ref()
                .is_none_or(|l| l.issued_at < content.issued_at)
            {
                latest = Some(content);
            }
        }
        latest
    }

    fn read_cookie(&self, value: &str) -> Option<CookieContent> {
        match self.0.policy.authenticate(value) {
            Some(Ok(content)) => return Some(content),
            Some(Err(error)) => telemetry::bad_cookie(&error.to_string()),
            None => telemetry::bad_cookie("it is not authentic"),
        }
        None
    }

    /// Loads the server-side half, once.
    pub(crate) async fn server(&self) -> Result<&Server, SessionError> {
        self.0.server.get_or_try_init(|| self.load(None)).await
    }

    /// Loads if need be, and gives access for a change.
    pub(crate) async fn server_mut(&mut self) -> Result<&mut Server, SessionError> {
        if !self.0.server.initialized() {
            let mut now = None;
            // As `content()` does it, without having to lock anybody out.
            if self.0.content.get().is_none() {
                let content = self.authenticate(|| *now.insert(self.0.policy.now()));
                self.0.content = OnceLock::from(content);
            }
            self.0.server = OnceCell::from(self.load(now).await?);
        }
        let loaded = self.0.server.get_mut();
        Ok(loaded.expect("it was initialised by the lines above"))
    }

    /// If the clock was read a moment ago, `now` is good for the record too.
    async fn load(&self, mut now: Option<UtcDateTime>) -> Result<Server, SessionError> {
        let clock = || *now.insert(self.0.policy.now());
        match self.0.content.get_or_init(|| self.authenticate(clock)) {
            None => Ok(Server::without_record(Standing::Nobody)),
            Some(content) if !content.has_record => {
                Ok(Server::without_record(Standing::Recordless))
            }
            Some(content) => {
                let now = now.unwrap_or_else(|| self.0.policy.now());
                self.load_record(content, now).await
            }
        }
    }

    /// A session that has ended, or whose record cannot be read, makes the request anonymous.
    pub(crate) async fn load_record(
        &self,
        content: &CookieContent,
        now: UtcDateTime,
    ) -> Result<Server, SessionError> {
        let id = content.token.id;
        let record = match self.0.store.load(id).await {
            Ok(Some(record)) => record,
            Ok(None) => {
                telemetry::unknown(id);
                return Ok(Server::without_record(Standing::Nobody));
            }
            Err(error) if error.kind() == StoreErrorKind::InvalidRecord => {
                telemetry::unreadable_record(id, &error);
                return Ok(Server::without_record(Standing::Nobody));
            }
            Err(error) => return Err(error.into()),
        };
        let standing = self.judge(record, &content.token.secret, now).await?;
        Ok(match &standing {
            Standing::Live(record, _) => match Tracked::parse(&record.state) {
                Ok(state) => {
                    telemetry::loaded(id);
                    Server { standing, state }
                }
                Err(error) => {
                    telemetry::unreadable_record(id, &error);
                    Server::without_record(Standing::Nobody)
                }
            },
            _ => Server::without_record(standing),
        })
    }

    async fn judge(
        &self,
        mut record: Arc<SessionRecord>,
        secret: &Secret,
        now: UtcDateTime,
    ) -> Result<Standing, StoreError> {
        // An absolute timeout that was shortened holds for the sessions that exist.
        let absolute = self.0.policy.absolute_deadline(record.begins_at());
        if absolute < record.expires_at {
            Arc::make_mut(&mut record).expires_at = absolute;
        }
        if record.expires_at <= now {
            telemetry::expired(record.id);
            return Ok(Standing::Nobody);
        }
        let hash = secret.hash();
        if hash == record.secret {
            return Ok(Standing::Live(record, Presented::Current));
        }
        if let Some(previous) = record.previous_secret
            && hash == previous.hash
            && now < previous.valid_until
        {
            let current = secret.unseal(&previous.successor);
            return Ok(Standing::Live(record, Presented::Previous { current }));
        }
        self.judge_old_secret(record, now).await
    }

    /// The cookie is authentic, so we issued its secret once: it is an old one.
    async fn judge_old_secret(
        &self,
        record: Arc<SessionRecord>,
        now: UtcDateTime,
    ) -> Result<Standing, StoreError> {
        let state = self.0.policy.state();
        if now < clock::after(record.secret_issued_at, state.renewal_grace) {
            telemetry::superseded(record.id);
            return Ok(Standing::Superseded);
        }
        telemetry::token_reuse(record.id);
        if state.on_token_reuse == TokenReuse::Revoke {
            self.0.store.delete(record.id).await?;
            telemetry::revoked(record.id);
        }
        Ok(Standing::Nobody)
    }
}
