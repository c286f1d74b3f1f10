use session::SessionError;
use session::testing::{TestApp, TestBrowser};

/// A visitor with one session. The session stores the number of the client and of its visits.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) number: u64,
    pub(crate) browser: TestBrowser,
}

impl Client {
    /// Creates a client without a session.
    pub fn new(app: &TestApp, number: u64) -> Self {
        Self {
            number,
            browser: app.browser(),
        }
    }

    /// The number that distinguishes the client from others.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Counts a visit in the session, or starts one. Returns the number of the visit.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of the request.
    ///
    /// # Panics
    ///
    /// Panics if the session is lost, or belongs to another client.
    pub async fn visit(&mut self) -> Result<u64, SessionError> {
        self.visit_with(0).await
    }

    /// Like [`visit`](Self::visit); a session that is started contains this number of bytes more.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of the request.
    pub async fn visit_with(&mut self, bytes: usize) -> Result<u64, SessionError> {
        let mut session = self.browser.request();
        match session.get::<u64>("owner").await? {
            Some(owner) => assert_eq!(owner, self.number, "the session of another client"),
            None => {
                let is_new = self.browser.cookie().is_none();
                assert!(is_new, "session {} is lost", self.number);
                session.insert("owner", &self.number).await?;
                if bytes > 0 {
                    session.insert("luggage", &"x".repeat(bytes)).await?;
                }
            }
        }
        let visit = session
            .update("visits", |n: Option<u64>| n.unwrap_or(0) + 1)
            .await?;
        self.browser.respond(session).await?;
        Ok(visit)
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of the request.
    pub async fn leave(&mut self) -> Result<(), SessionError> {
        let mut session = self.browser.request();
        session.invalidate();
        self.browser.respond(session).await.map(drop)
    }

    /// Returns the stored number of the client and of its visits, or `None` without a session.
    ///
    /// # Errors
    ///
    /// Returns the [`SessionError`] of the request.
    pub async fn look(&self) -> Result<Option<(u64, u64)>, SessionError> {
        let session = self.browser.request();
        let owner = session.get("owner").await?;
        let visits = session.get("visits").await?;
        Ok(owner.zip(visits))
    }
}
