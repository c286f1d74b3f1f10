//! The methods of [`Session`] for changes that depend on the present value.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::UtcDateTime;

use super::Session;
use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::state::KeyFor;
use crate::state::changes::Change;
use crate::state::envelope::{open_live, seal};
use crate::state::value::{decode, encode};

impl Session {
    /// Replaces the value under `key` by the one that `f` makes of it, and returns the new value.
    ///
    /// If another request of the session commits first, `f` runs again, on the value which that
    /// request left. So the updates of parallel requests are all kept, and none overwrites another.
    /// `f` should do nothing but compute. It is kept until the commit, so it must own everything
    /// that it uses: hence `move`, and a clone of each value that is needed afterwards.
    ///
    /// # Errors
    ///
    /// Nothing changes if the call fails. Returns
    ///
    /// - [`SessionError::Store`] if the record cannot be loaded;
    /// - [`SessionError::Deserialize`] if the present value is not a `T`;
    /// - [`SessionError::Serialize`], [`SessionError::NotReadBack`] or
    ///   [`SessionError::StateTooLarge`] for the new value, as [`insert`](Self::insert) does.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use std::collections::BTreeMap;
    ///
    /// /// The number of pieces of each article.
    /// type Cart = BTreeMap<String, u32>;
    /// const CART: session::StateKey<Cart> = session::StateKey::new("cart");
    ///
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// let article = "tea".to_owned();
    /// let added = article.clone();
    /// let cart = session
    ///     .update(CART, move |cart| {
    ///         let mut cart = cart.unwrap_or_default();
    ///         *cart.entry(added.clone()).or_default() += 1;
    ///         cart
    ///     })
    ///     .await?;
    /// assert_eq!(cart[&article], 1);
    /// # Ok(()) });
    /// ```
    pub async fn update<T, F>(&mut self, key: impl KeyFor<T>, f: F) -> Result<T, SessionError>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<T>) -> T + Send + Sync + 'static,
    {
        let f = move |old| Ok::<_, Infallible>(Some(f(old)));
        let Ok(value) = self.try_update(key, f).await?;
        Ok(value.expect("the closure above always returns a value"))
    }

    /// Replaces the value under `key` by the one that `f` makes of it, unless `f` refuses; returns
    /// the new value.
    ///
    /// This is [`update`](Self::update) with two further outcomes. If `f` returns `None`, the value
    /// is removed. If `f` returns an error, nothing changes, and that error is the inner result: a
    /// handler usually answers a refusal, whereas a [`SessionError`] is a failure.
    ///
    /// If another request of the session commits first, `f` runs again at the commit, on the value
    /// which that request left. If it refuses then, the commit fails with
    /// [`SessionError::UpdateRefused`] and nothing is written. The update is undone, and `key` has
    /// the value of the other request; other changes are still pending. At the end of the request,
    /// the response becomes that of the error, `409 Conflict` by default. A handler that wants to
    /// answer by itself calls [`commit`](Self::commit).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`update`](Self::update).
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use std::collections::BTreeSet;
    ///
    /// use pavex::Response;
    /// use session::{Session, SessionError, StateKey};
    ///
    /// const CART: StateKey<BTreeSet<u64>> = StateKey::new("cart");
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("the cart is full")]
    /// struct CartIsFull;
    ///
    /// pub async fn add(session: &mut Session, article: u64) -> Result<Response, SessionError> {
    ///     let add = move |cart: Option<BTreeSet<u64>>| {
    ///         let mut cart = cart.unwrap_or_default();
    ///         cart.insert(article);
    ///         if cart.len() > 50 { Err(CartIsFull) } else { Ok(Some(cart)) }
    ///     };
    ///     match session.try_update(CART, add).await? {
    ///         Ok(_cart) => Ok(Response::see_other()),
    ///         Err(CartIsFull) => Ok(Response::conflict().set_typed_body("Your cart is full.")),
    ///     }
    /// }
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # for article in 0..60 { add(session, article).await?; }
    /// # assert_eq!(session.get(CART).await?.unwrap().len(), 50);
    /// # Ok(()) });
    /// ```
    pub async fn try_update<T, E, F>(
        &mut self,
        key: impl KeyFor<T>,
        f: F,
    ) -> Result<Result<Option<T>, E>, SessionError>
    where
        T: Serialize + DeserializeOwned,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: Fn(Option<T>) -> Result<Option<T>, E> + Send + Sync + 'static,
    {
        let deadlines = Deadlines {
            policy: self.0.env.policy.clone(),
            until: self.0.env.deadline_after(key.valid_for()),
        };
        let key = key.into_name();
        let (state, limit) = self.0.server_state_mut().await?;
        let outcome = run(&key, state.view().get(&key), &deadlines, &f)?;
        Ok(match outcome {
            Ok(Updated { json, value }) => {
                let change = Change::Write {
                    key: key.clone(),
                    value: json,
                    updater: Some(Arc::new(move |old| run_again(&key, old, &deadlines, &f))),
                };
                state.apply(change, limit)?;
                Ok(value)
            }
            Err(refusal) => Err(refusal),
        })
    }
}

/// The deadlines of values, before and after an update.
struct Deadlines {
    /// Has the clock.
    policy: SessionPolicy,
    /// That of the new value, if it has one.
    until: Option<UtcDateTime>,
}

struct Updated<T> {
    json: Option<String>,
    value: Option<T>,
}

fn run<T, E>(
    key: &str,
    stored: Option<&str>,
    deadlines: &Deadlines,
    f: impl Fn(Option<T>) -> Result<Option<T>, E>,
) -> Result<Result<Updated<T>, E>, SessionError>
where
    T: Serialize + DeserializeOwned,
{
    let old = stored.and_then(|stored| open_live(stored, || deadlines.policy.now()));
    let old = old.map(|json| decode(key, json)).transpose()?;
    let new = match f(old) {
        Ok(new) => new,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let encoded = new.map(|new| encode(key, &new)).transpose()?;
    let (json, value) = encoded.unzip();
    let json = json.map(|json| seal(json, deadlines.until));
    Ok(Ok(Updated { json, value }))
}

/// Runs an update on the value that another request has committed.
fn run_again<T, E>(
    key: &str,
    stored: Option<&str>,
    deadlines: &Deadlines,
    f: impl Fn(Option<T>) -> Result<Option<T>, E>,
) -> Result<Option<String>, SessionError>
where
    T: Serialize + DeserializeOwned,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    match run(key, stored, deadlines, f)? {
        Ok(updated) => Ok(updated.json),
        Err(refusal) => Err(SessionError::UpdateRefused {
            key: key.to_owned(),
            source: refusal.into(),
        }),
    }
}
