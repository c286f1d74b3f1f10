use std::num::NonZeroU32;

use pavex::methods;
use time::UtcDateTime;

use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::session::Session;
use crate::session::env::live_sessions_of;
use crate::store::{SessionStore, SessionSummary};
use crate::telemetry;
use crate::token::SessionId;

/// The sessions of principals: to list them, and to revoke them.
///
/// An input of handlers (`&SessionRegistry`), and to be built by hand elsewhere, e.g. in an
/// administrator's tool. A revoked session is dead at its next use, and a request that is under way
/// cannot bring it back.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::{Principal, Session, SessionError, SessionRegistry};
///
/// pub async fn devices(
///     principal: &Principal,
///     session: &Session,
///     sessions: &SessionRegistry,
/// ) -> Result<Response, SessionError> {
///     let mut page = String::new();
///     for device in sessions.list(principal).await? {
///         let label = device.label.as_ref().map_or("unknown", |label| label.as_str());
///         let this = if device.is_current(session) { " (this device)" } else { "" };
///         page.push_str(&format!("{label}, last used {}{this}\n", device.last_active_at));
///     }
///     Ok(Response::ok().set_typed_body(page))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SessionRegistry {
    store: SessionStore,
    policy: SessionPolicy,
}

/// How many records one operation may delete, so that none holds the store up. Not fewer: a store without an
/// order by deadline looks through all of its records for each batch.
const BATCH: NonZeroU32 = NonZeroU32::new(10_000).expect("it is not zero");

#[methods]
impl SessionRegistry {
    /// The sessions in that store.
    #[singleton(allow(unused))]
    pub fn new(store: &SessionStore, policy: &SessionPolicy) -> Self {
        Self {
            store: store.clone().with_operation_timeout(policy.store_timeout()),
            policy: policy.clone(),
        }
    }
}

impl SessionRegistry {
    /// The live sessions of a principal, those used last first (OWASP ASVS 5.0, 7.5.2).
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<SessionSummary>, SessionError> {
        let mut live = live_sessions_of(&self.store, &self.policy, principal).await?;
        live.sort_by_key(|summary| std::cmp::Reverse((summary.last_active_at, summary.id)));
        Ok(live)
    }

    /// Ends one session, if it belongs to that principal. Returns whether it did.
    ///
    /// So an id that a user sends cannot end a session of somebody else.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn revoke(&self, principal: &Principal, id: SessionId) -> Result<bool, SessionError> {
        // A session never changes its principal, so nothing can come in between.
        let record = self.store.load(id).await?;
        let belongs = record.is_some_and(|record| record.principal.as_ref() == Some(principal));
        if belongs {
            self.store.delete(id).await?;
            telemetry::revoked(id);
        }
        Ok(belongs)
    }

    /// Ends all sessions of the one who is logged in but this one, e.g. after a change of the
    /// password (OWASP ASVS 5.0, 7.4.3). Returns how many.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn revoke_others(&self, session: &Session) -> Result<u64, SessionError> {
        match session.principal().await? {
            Some(principal) => self.revoke_except(&principal, session.id()).await,
            None => Ok(0),
        }
    }

    /// Ends all sessions of a principal, e.g. when the account is disabled (OWASP ASVS 5.0, 7.4.2).
    /// Returns how many.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn revoke_all(&self, principal: &Principal) -> Result<u64, SessionError> {
        self.revoke_except(principal, None).await
    }

    async fn revoke_except(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, SessionError> {
        let revoked = self.store.delete_all_of(principal, except).await?;
        telemetry::revoked_many(revoked);
        Ok(revoked)
    }

    /// Ends every session of the application, those of nobody included (OWASP ASVS 5.0, 7.4.5).
    /// Returns how many. Sessions that begin meanwhile may end with them.
    ///
    /// Sessions without a record, which exist only if the configuration allows them, live on until
    /// their deadline; a new key for the cookie ends those too.
    ///
    /// # Errors
    ///
    /// If the store fails; some sessions have ended then.
    pub async fn revoke_all_sessions(&self) -> Result<u64, SessionError> {
        let mut revoked = 0;
        loop {
            let batch = self.store.delete_expired(UtcDateTime::MAX, BATCH).await?;
            if batch == 0 {
                telemetry::revoked_many(revoked);
                return Ok(revoked);
            }
            revoked += batch;
        }
    }
}

impl SessionSummary {
    /// Whether it is the session of this request.
    pub fn is_current(&self, session: &Session) -> bool {
        session.id() == Some(self.id)
    }
}
