//! The place of server-side session records: [`SessionStore`], and the contract of its backends.

mod backend;
mod copies;
pub(crate) mod errors;
pub(crate) mod lifetime;
mod page;
pub(crate) mod record;
mod session_store;
mod shield;
mod sweeper;
mod time_limit;
mod walk;

pub use backend::{CreateOutcome, Extension, ReplaceOutcome, SessionStorageBackend, TouchOutcome};
pub use errors::{StoreError, StoreErrorKind};
pub use lifetime::Lifetime;
pub use page::Page;
pub use record::{Label, PreviousSecret, Revision, SerializedState, SessionRecord, SessionSummary};
pub(crate) use session_store::PAGE;
pub use session_store::SessionStore;
pub use sweeper::{SweepReport, Sweeper};
pub use time_limit::within;
pub use walk::{DeletionStep, SessionsStep, WalkCursor};

pub use crate::clock::{from_micros, to_micros};
pub use crate::origin::OriginHash;
pub use crate::principal::{InvalidPrincipal, Principal};
pub use crate::random::retry_pause;
pub use crate::stamp::StampHash;
pub use crate::token::{SealedSecret, SecretHash};
