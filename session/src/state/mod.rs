//! Keys and values of the session state.
//!
//! # One struct under one key
//!
//! Values that belong together can be one struct. `update` changes it:
//!
//! ```
//! # use session_kit as session;
//! use serde::{Deserialize, Serialize};
//! use session::{Session, SessionError, StateKey};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! #[serde(default)]
//! struct Checkout {
//!     address: Option<String>,
//!     is_express: bool,
//! }
//!
//! const CHECKOUT: StateKey<Checkout> = StateKey::new("checkout");
//!
//! async fn choose_express(session: &mut Session) -> Result<Checkout, SessionError> {
//!     session
//!         .update(CHECKOUT, |checkout| Checkout {
//!             is_express: true,
//!             ..checkout.unwrap_or_default()
//!         })
//!         .await
//! }
//! # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
//! # let checkout = Checkout { address: Some("Elm Street 1".to_owned()), is_express: false };
//! # session.insert(CHECKOUT, &checkout).await?;
//! # let checkout = choose_express(session).await?;
//! # assert!(checkout.is_express && checkout.address.is_some());
//! # let of_another_release = [("is_express".to_owned(), true)];
//! # let of_another_release = std::collections::BTreeMap::from(of_another_release);
//! # session.insert("checkout", &of_another_release).await?;
//! # assert_eq!(session.get(CHECKOUT).await?.expect("it is there").address, None);
//! # Ok(()) });
//! ```
//!
//! - Of parallel requests, each update is applied to the state that the other one left. An `insert`
//!   of the whole struct would undo the change of another field.
//! - With `#[serde(default)]`, a release with a further field reads the sessions of the one before.
//! - A key is the unit of [`log_in_keeping`](crate::Session::log_in_keeping) and of
//!   [`log_out_keeping`](crate::Session::log_out_keeping). Values that a visitor keeps at the
//!   log-in belong under another key than the rest.
//!
//! # A callback from another site
//!
//! An identity provider sends the visitor back with a code, and with the `state` that the
//! application has sent before. That text must be in the session of the browser that comes back. It
//! is short-lived, and counts once:
//!
//! ```
//! # use session_kit as session;
//! use std::time::Duration;
//!
//! use pavex::Response;
//! use pavex::http::HeaderValue;
//! use pavex::http::header::LOCATION;
//! use session::{Principal, Session, SessionError, StateKey};
//!
//! const OAUTH_STATE: StateKey<String> =
//!     StateKey::expiring("oauth_state", Duration::from_secs(10 * 60));
//!
//! /// Answers the form of the provider, `POST /callback`, with a redirect to `GET /callback`.
//! fn receive_form(form: &str) -> Response {
//!     match HeaderValue::try_from(format!("/callback?{form}")) {
//!         Ok(target) => Response::see_other().insert_header(LOCATION, target),
//!         Err(_) => Response::bad_request(),
//!     }
//! }
//!
//! /// Answers `GET /callback`.
//! async fn log_in(session: &mut Session, state: &str) -> Result<Response, SessionError> {
//!     // Only one request passes, also of several parallel ones.
//!     if session.take(OAUTH_STATE).await?.as_deref() != Some(state) {
//!         return Ok(Response::bad_request());
//!     }
//!     // Exchange the code for the identity of the user here.
//!     session.log_in(Principal::from(42_i64)).await?;
//!     Ok(Response::see_other().insert_header(LOCATION, HeaderValue::from_static("/")))
//! }
//! # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
//! # let redirect = receive_form("code=4711&state=random");
//! # assert_eq!(redirect.headers()[LOCATION], "/callback?code=4711&state=random");
//! # assert_eq!(receive_form("code=\n").status(), 400);
//! # session.insert(OAUTH_STATE, "random").await?;
//! # assert_eq!(log_in(session, "random").await?.status(), 303);
//! # assert_eq!(log_in(session, "random").await?.status(), 400);
//! # Ok(()) });
//! ```
//!
//! A provider that redirects with `GET` (`response_mode=query`) needs no more than the second
//! handler, because a cookie with `SameSite=Lax` comes along. With `response_mode=form_post`, which
//! Apple requires for name and email address, the page of the provider sends a form. Browsers leave
//! the cookie out of that `POST`. Hence the first handler:
//!
//! - It must not write to the session: without the cookie, that starts another one. The cookie
//!   comes along with the `GET` that follows. With `SameSite=Strict` it does not.
//! - [`cross_origin_protection`](crate::cross_origin_protection) would refuse the form. Register
//!   the route before that middleware, or in a blueprint without it.
//! - The code is then in an address. It is usable once, and with PKCE only by this application.
//!   Send `Referrer-Policy: no-referrer`, and keep the query out of the access log.
//!
//! Do not give the session cookie `SameSite=None` for this: other sites could then send requests
//! with it.

mod key;
mod name;
pub(crate) mod value;

pub(crate) mod flash;
pub(crate) mod server;

pub(crate) mod changes;
pub(crate) mod envelope;
mod equality;
pub(crate) mod json_map;
mod strict;
pub(crate) mod view;

pub use key::{KeyFor, KeyName, StateKey};
pub(crate) use name::Name;
pub use value::StateValue;
