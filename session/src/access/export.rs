use super::registry::SessionRegistry;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::store::{SerializedState, SessionSummary, StoreErrorKind};

/// The data of a session that concern its owner, as the store keeps them.
///
/// The `Debug` form does not show the values of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionExport {
    /// The times, the label and the lifetime.
    pub summary: SessionSummary,
    /// The server-side state; `None` if this release cannot read the record.
    pub state: Option<SerializedState>,
}

impl SessionRegistry {
    /// Returns the data of all sessions of a principal that are in the store, in the order of their
    /// ids. Expired sessions are among them until they are deleted.
    ///
    /// It answers a request for access to personal data (GDPR, article 15). Besides these data, the
    /// store has hashes: of secrets, of the stamp, and of the session at the identity provider.
    /// Client-side state is in the browser alone. A record that is damaged so far that the store
    /// cannot list it is left out; the store logs it as an error.
    ///
    /// The values are secret: an application shows them to their owner, and does not log them. For
    /// the erasure, see [`revoke_all`](Self::revoke_all).
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
    /// async fn download(
    ///     principal: &Principal,
    ///     registry: &SessionRegistry,
    /// ) -> Result<String, SessionError> {
    ///     let sessions = registry.export(principal).await?;
    ///     let states = sessions.iter().filter_map(|session| session.state.as_ref());
    ///     let states: Vec<_> = states.map(|state| state.as_json()).collect();
    ///     Ok(format!("[{}]", states.join(",")))
    /// }
    /// ```
    pub async fn export(&self, principal: &Principal) -> Result<Vec<SessionExport>, SessionError> {
        let mut exported = Vec::new();
        for summary in self.store.sessions_of(principal).await? {
            let state = match self.store.load(summary.id).await {
                Ok(Some(record)) if record.principal.as_ref() == Some(principal) => {
                    Some(record.state.clone())
                }
                // The session has ended meanwhile.
                Ok(_) => continue,
                Err(error) if error.kind() == StoreErrorKind::InvalidRecord => None,
                Err(error) => return Err(error.into()),
            };
            exported.push(SessionExport { summary, state });
        }
        Ok(exported)
    }
}
