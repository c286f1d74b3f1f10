//! The search for orders of events in which the library breaks a promise.
//!
//! A [`Script`] has browsers of one principal, their requests, an administrator, and a password
//! that changes. A [`run`] of it uses the real [`Session`](session::Session), `finalize_session`
//! and `SessionRegistry`. Each request stops before each operation on the store and before each
//! step of its handler. A [`Chooser`] picks the event that comes next: a request is sent, goes on,
//! fails or is dropped, a browser receives an answer, or one of the other [`Events`] happens. After
//! each event the promises are checked from outside.
//!
//! [`Rule`] lists the promises. Some of them hold only if nobody ends a session and nothing fails.
//! An answer that another one overtakes in the network is excused.
//!
//! [`search`] looks for violations at random, and shrinks the one that it finds. [`exhaust`] goes
//! through all orders of a small script. [`search_on`] runs over any store, and [`search_store`]
//! does so in the test of a store.

#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "only the tests of this workspace use it"
)]

mod alice;
mod answers;
mod event;
mod gate;
mod handler;
mod ledger;
mod oracle;
mod peace;
mod rules;
mod run;
mod script;
mod search;
mod shrink;
mod source;
mod steps;
mod world;

pub use rules::Rule;
pub use run::{Chooser, Violation, run};
pub use script::{Action, Arrival, BrowserScript, Events, Script, Settings};
pub use search::{Failure, Size, exhaust, search, search_on, search_store};
