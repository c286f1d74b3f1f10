//! Flash messages, which one response leaves for the next page.

use std::convert::Infallible;

use super::Session;
use crate::clock;
use crate::errors::SessionError;
use crate::state::StateKey;
use crate::state::flash::{Flash, FlashLevel, StoredFlash};

/// Server-side state, unless sessions live in the cookie only.
const FLASHES: StateKey<Vec<StoredFlash>> = StateKey::new("_flash");

impl Session {
    /// Leaves a message for the next page that asks for [`flashes`](Self::flashes), typically
    /// before a redirect.
    ///
    /// The message is kept under the key `_flash` of the server-side state. If sessions live in the
    /// cookie only, it is kept in the client-side state.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`update`](Self::update).
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use pavex::Response;
    /// use session::{FlashLevel, Session, SessionError};
    ///
    /// pub async fn empty_cart(session: &mut Session) -> Result<Response, SessionError> {
    ///     session.remove("cart").await?;
    ///     session.flash(FlashLevel::Success, "Your cart is empty.").await?;
    ///     Ok(Response::see_other())
    /// }
    /// ```
    pub async fn flash(
        &mut self,
        level: FlashLevel,
        text: impl Into<String>,
    ) -> Result<(), SessionError> {
        let message = StoredFlash {
            level,
            text: text.into(),
            at: clock::to_micros(self.0.env.now()),
        };
        self.update_flashes(move |messages| messages.push(message.clone()))
            .await
    }

    /// Returns the messages for this page.
    ///
    /// They are removed once the visitor sees the page; the next page does not get them again. A
    /// visitor sees a page if its status is a success (2xx). The messages stay for the next page
    ///
    /// - after a redirect or `304 Not Modified` (3xx), and after an error (4xx, `404 Not Found`
    ///   included, and 5xx);
    /// - after a response without content (`204 No Content`, `205 Reset Content`, or to a `HEAD`
    ///   request);
    /// - if the browser fetches the page in advance, as the header `Sec-Purpose: prefetch` or an
    ///   equivalent of it announces. If the visitor does go to that page, both it and the next one
    ///   show the messages.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded, and
    /// [`SessionError::Deserialize`] if another release of the application has left messages that
    /// cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.flash(session::FlashLevel::Info, "Welcome back.").await?;
    /// let texts: Vec<_> = session.flashes().await?.into_iter().map(|flash| flash.text).collect();
    /// assert_eq!(texts, ["Welcome back."]);
    /// assert!(session.flashes().await?.is_empty());
    /// # Ok(()) });
    /// ```
    pub async fn flashes(&mut self) -> Result<Vec<Flash>, SessionError> {
        let mut messages = self.stored_flashes().await?;
        messages.retain(|message| !self.0.pending.flashes_shown.contains(message));
        self.0.pending.flashes_shown.extend_from_slice(&messages);
        let flash = |StoredFlash { level, text, .. }| Flash { level, text };
        Ok(messages.into_iter().map(flash).collect())
    }

    /// Removes the messages that the handler read, now that the visitor sees them.
    pub(crate) async fn remove_shown_flashes(&mut self) -> Result<(), SessionError> {
        let shown = std::mem::take(&mut self.0.pending.flashes_shown);
        self.update_flashes(move |messages| messages.retain(|message| !shown.contains(message)))
            .await
    }

    async fn stored_flashes(&self) -> Result<Vec<StoredFlash>, SessionError> {
        let messages = match self.0.env.store.is_cookie_only() {
            true => self.client().get(FLASHES)?,
            false => self.get(FLASHES).await?,
        };
        Ok(messages.unwrap_or_default())
    }

    async fn update_flashes(
        &mut self,
        edit: impl Fn(&mut Vec<StoredFlash>) + Send + Sync + 'static,
    ) -> Result<(), SessionError> {
        let edited = move |messages: Option<Vec<StoredFlash>>| {
            let mut messages = messages.unwrap_or_default();
            edit(&mut messages);
            (!messages.is_empty()).then_some(messages)
        };
        if !self.0.env.store.is_cookie_only() {
            let edited = move |messages| Ok::<_, Infallible>(edited(messages));
            let Ok(_) = self.try_update(FLASHES, edited).await?;
            return Ok(());
        }
        match edited(self.client().get(FLASHES)?) {
            Some(messages) => self.client_mut().insert(FLASHES, &messages)?,
            None => _ = self.client_mut().remove(FLASHES),
        }
        Ok(())
    }
}
