//! The search for orders of events in which the library breaks a promise.
//!
//! A [`Script`] has browsers of one principal, their requests, and an administrator. A [`run`]
//! of it uses the real [`Session`](session::Session), `finalize_session` and `SessionRegistry` over
//! the store in memory. Each request stops before each operation on the store and before each step
//! of its handler. A [`Chooser`] picks the event that comes next: a request is sent, goes on, fails
//! or is dropped, a browser receives an answer, or the clock moves. After each event the promises
//! are checked from outside.
//!
//! These promises are checked:
//!
//! - A cookie that leaves with a response is alive at that moment.
//! - A session whose end was acknowledged is of no use any more, whichever of its cookies is sent.
//! - A write whose request succeeded is in its session.
//! - Log-ins of one browser leave one session.
//! - Nobody is logged out unless somebody ends the session.
//!
//! The last two hold only if nothing fails, no clock moves and nobody ends a session. An answer
//! that another one overtakes in the network is excused.
//!
//! [`search`] looks for violations at random, and shrinks the one that it finds. [`exhaust`] goes
//! through all orders of a small script.

#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "only the tests of this workspace use it"
)]

mod gate;
mod handler;
mod oracle;
mod run;
mod script;
mod search;
mod shrink;
mod source;
mod world;

pub use run::{Chooser, Violation, run};
pub use script::{Action, Arrival, BrowserScript, Script};
pub use search::{exhaust, search};
pub use shrink::Failure;
