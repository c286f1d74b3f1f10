use session::SessionError;
use session::testing::{TestApp, TestBrowser};

/// A visitor with one session, which says whose it is and counts the visits.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) number: u64,
    pub(crate) browser: TestBrowser,
}

impl Client {
    pub(crate) fn new(app: &TestApp, number: u64) -> Self {
        Self {
            number,
            browser: app.browser(),
        }
    }

    /// Reads and changes the session, or starts it. Returns the number of the visit.
    pub(crate) async fn visit(&mut self) -> Result<u64, SessionError> {
        self.visit_with(0).await
    }

    /// The same, and a session that is started has so many bytes more.
    pub(crate) async fn visit_with(&mut self, bytes: usize) -> Result<u64, SessionError> {
        let mut session = self.browser.request();
        match session.get::<u64>("owner").await? {
            Some(owner) => assert_eq!(owner, self.number, "this is somebody else's session"),
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
    pub(crate) async fn leave(&mut self) -> Result<(), SessionError> {
        let mut session = self.browser.request();
        session.invalidate();
        self.browser.respond(session).await.map(drop)
    }

    /// Whose session it is, and how many visits it counted; `None` if there is none.
    pub(crate) async fn look(&self) -> Result<Option<(u64, u64)>, SessionError> {
        let session = self.browser.request();
        let owner = session.get("owner").await?;
        let visits = session.get("visits").await?;
        Ok(owner.zip(visits))
    }
}
