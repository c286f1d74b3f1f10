#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::cmp::Reverse;
use std::num::NonZeroU32;

use pavex::methods;
use time::UtcDateTime;

use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::session::Session;
use crate::store::{PAGE, Page, SessionStore, SessionSummary, StoreError, StoreErrorKind};
use crate::telemetry;
use crate::token::SessionId;

/// Lists and revokes the sessions of principals.
///
/// Handlers receive it as `&SessionRegistry`. Any other program with access to the store, such as
/// an administrator's tool, builds it with [`new`](Self::new). A revoked session is dead at its
/// next use, and a request that is under way cannot bring it back.
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
///     registry: &SessionRegistry,
/// ) -> Result<Response, SessionError> {
///     let mut page = String::new();
///     for device in registry.list(principal).await? {
///         let label = device.label.as_ref().map_or("unknown", |label| label.as_str());
///         let this = if device.is_current(session) { " (this device)" } else { "" };
///         page.push_str(&format!("{label}, last used {}{this}\n", device.last_active_at));
///     }
///     Ok(Response::ok().set_typed_body(page))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SessionRegistry {
    pub(super) store: SessionStore,
    pub(super) policy: SessionPolicy,
}

/// The number of records that one operation examines, so that none blocks the store for long.
pub(super) const BATCH: NonZeroU32 = NonZeroU32::new(10_000).expect("it is not zero");

#[methods]
impl SessionRegistry {
    /// Creates the registry of the sessions in `store`.
    #[singleton(allow(unused))]
    pub fn new(store: &SessionStore, policy: &SessionPolicy) -> Self {
        Self {
            store: store.clone().with_operation_timeout(policy.store_timeout()),
            policy: policy.clone(),
        }
    }
}

impl SessionRegistry {
    /// Returns the live sessions of a principal, the most recently used first (OWASP ASVS 5.0,
    /// 7.5.2).
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<SessionSummary>, SessionError> {
        let mut live = self.policy.live(self.store.sessions_of(principal).await?);
        live.sort_by_key(|summary| Reverse((summary.last_active_at, summary.id)));
        Ok(live)
    }

    /// Returns a page of the live sessions of a principal, in the order of their ids. A page with
    /// fewer sessions than its limit is the last one.
    ///
    /// It is for a principal with thousands of sessions, such as the account of a machine. See
    /// [`Page`] for an example.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    pub async fn list_page(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, SessionError> {
        let (mut live, mut rest) = (Vec::new(), Some(page));
        while let Some(current) = rest {
            let found = self.store.page_of(principal, current).await?;
            rest = current.next(&found);
            live.extend(self.policy.live(found));
            // The sessions that have ended leave room for others. They may be thousands.
            rest = rest.filter(|_| live.len() < page.max_len());
            rest = rest.map(|rest| rest.extended_to(PAGE));
        }
        live.truncate(page.max_len());
        Ok(live)
    }

    /// Returns the number of live sessions of a principal.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    pub async fn count(&self, principal: &Principal) -> Result<usize, SessionError> {
        let sessions = self.store.sessions_of(principal).await?;
        Ok(self.policy.live(sessions).len())
    }

    /// Ends the session `id` if it belongs to `principal`. Returns `true` if it did.
    ///
    /// The id may come from a user, because the session of another principal is left alone. A
    /// session whose record this release cannot read ends too.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    pub async fn revoke(&self, principal: &Principal, id: SessionId) -> Result<bool, SessionError> {
        // A session never changes its principal, so the check holds until the deletion.
        let revoked = self.belongs(principal, id).await? && self.store.delete(id, None).await?;
        if revoked {
            telemetry::revoked(id);
        }
        Ok(revoked)
    }

    async fn belongs(&self, principal: &Principal, id: SessionId) -> Result<bool, StoreError> {
        match self.store.load(id).await {
            Ok(record) => {
                Ok(record.is_some_and(|record| record.principal.as_ref() == Some(principal)))
            }
            // The list reads less of a record, and also that of a newer release.
            Err(error) if error.kind() == StoreErrorKind::InvalidRecord => {
                let sessions = self.store.sessions_of(principal).await?;
                Ok(sessions.iter().any(|summary| summary.id == id))
            }
            Err(error) => Err(error),
        }
    }

    /// Ends all sessions of the principal that `session` belongs to, except `session` itself.
    /// Returns their number.
    ///
    /// An application calls it after a change of the password (OWASP ASVS 5.0, 7.4.3). Without a
    /// principal it does nothing.
    ///
    /// It sees the sessions that are in the store at that moment. A log-in that verified the old
    /// password before, and is committed afterwards, survives it.
    /// [`LogIn::with_stamp`](crate::LogIn::with_stamp) and [`Session::verify_stamp`] end such a
    /// session at its next use.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    pub async fn revoke_others(&self, session: &Session) -> Result<u64, SessionError> {
        match session.principal().await? {
            Some(principal) => self.revoke_except(&principal, session.id()).await,
            None => Ok(0),
        }
    }

    /// Ends all sessions of a principal. Returns their number.
    ///
    /// An application calls it when an account is disabled (OWASP ASVS 5.0, 7.4.2) or erased (GDPR,
    /// article 17). Afterwards, the store has no record of them. Logs have ids of sessions and no
    /// names. Backups, the log files of a database, and the memory of servers with
    /// [recent reads](Session::recent) may still have records.
    ///
    /// As with [`revoke_others`](Self::revoke_others), it does not see a log-in that is under way.
    /// [`Session::verify_stamp`] ends that session at its next use.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
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

    /// Ends the sessions whose log-in began in the session `sid` of an identity provider. Returns
    /// their number.
    ///
    /// An application calls it when the provider reports a log-out, for example with a logout token
    /// of OpenID Connect. [`LogIn::with_origin`](crate::LogIn::with_origin) names the same texts at
    /// the log-in. A logout token without a `sid` ends all sessions of its user: that is
    /// [`revoke_all`](Self::revoke_all).
    ///
    /// As with [`revoke_others`](Self::revoke_others), it does not see a log-in that is under way.
    /// The guide `docs/identity-provider.md` of the repository lists the checks of a logout token.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{Principal, SessionError, SessionRegistry};
    ///
    /// /// The claims of a logout token that was validated; `sub`, `sid` or both are there.
    /// struct LogoutClaims {
    ///     iss: String,
    ///     sid: Option<String>,
    ///     /// The principal that the application keeps for `iss` and `sub`.
    ///     principal: Option<Principal>,
    /// }
    ///
    /// async fn end(
    ///     registry: &SessionRegistry,
    ///     claims: &LogoutClaims,
    /// ) -> Result<u64, SessionError> {
    ///     match (&claims.sid, &claims.principal) {
    ///         (Some(sid), _) => registry.revoke_origin(&claims.iss, sid).await,
    ///         (None, Some(principal)) => registry.revoke_all(principal).await,
    ///         (None, None) => Ok(0),
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), SessionError> {
    /// # use session::{LogIn, testing::TestApp};
    /// # let app = TestApp::new(session_memory::InMemorySessionStore::new());
    /// # let registry = SessionRegistry::new(&app.store, &app.policy);
    /// # let ada = Principal::from(42_i64);
    /// # for (sid, principal) in [(Some("1".to_owned()), None), (None, Some(ada.clone()))] {
    /// # let mut session = app.browser().request();
    /// # session.log_in(LogIn::new(ada.clone()).with_origin("https://id.example", "1")).await?;
    /// # session.commit().await?;
    /// # let claims = LogoutClaims { iss: "https://id.example".into(), sid, principal };
    /// # assert_eq!(end(&registry, &claims).await?, 1);
    /// # }
    /// # Ok(()) }
    /// ```
    pub async fn revoke_origin(&self, issuer: &str, sid: &str) -> Result<u64, SessionError> {
        let origin = OriginHash::new(issuer, sid);
        let revoked = self.store.delete_all_of_origin(origin).await?;
        telemetry::revoked_many(revoked);
        Ok(revoked)
    }

    /// Ends every session of the application that began before this call, anonymous ones included
    /// (OWASP ASVS 5.0, 7.4.5). Returns their number.
    ///
    /// It is [`revoke_created_until`](Self::revoke_created_until) with the present time.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails. Some sessions may have ended by then.
    pub async fn revoke_all_sessions(&self) -> Result<u64, SessionError> {
        let now = self.policy.now();
        self.revoke_created_until(now, |_| {}).await
    }

    /// Ends every session that was created at or before `until`, anonymous ones included. Returns
    /// their number.
    ///
    /// The store ends at most about ten thousand sessions in each step, within its time limit.
    /// `progress` is called after each step, with the number of sessions that have ended so far.
    ///
    /// A session ends also while other requests change it, and a log-in to it counts as a change.
    /// Later sessions go on. The time of creation has milliseconds.
    ///
    /// A session may survive if its first record is on its way to the store during the call. A
    /// session without a record lives on until its deadline. It exists only if
    /// `session.state.record` is `if_server_side`. `session.state.valid_from` ends those too.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the store fails. Some sessions may have ended by then,
    /// and another call ends the others.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::time::UtcDateTime;
    /// use session::{SessionError, SessionRegistry};
    ///
    /// async fn after_a_breach(
    ///     registry: &SessionRegistry,
    ///     discovered: UtcDateTime,
    /// ) -> Result<u64, SessionError> {
    ///     registry.revoke_created_until(discovered, |ended| println!("{ended} sessions")).await
    /// }
    /// ```
    pub async fn revoke_created_until(
        &self,
        until: UtcDateTime,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, SessionError> {
        let (mut revoked, mut from) = (0, None);
        loop {
            let step = self.store.delete_created_until(until, BATCH, from).await?;
            revoked += step.deleted;
            telemetry::revoked_many(step.deleted);
            progress(revoked);
            from = step.next;
            if from.is_none() {
                return Ok(revoked);
            }
        }
    }
}

impl SessionSummary {
    /// Returns `true` if `session`, the one of the present request, is the session summarised here.
    pub fn is_current(&self, session: &Session) -> bool {
        session.id() == Some(self.id)
    }
}
