//! Access to handlers and to sessions: log-ins, recent log-ins, recent reads, the list of sessions,
//! other origins.

pub mod fresh;
mod passive;
mod recent;
mod required;

mod cross_origin;
mod export;
mod registry;
mod statistics;

pub use cross_origin::{CROSS_ORIGIN_PROTECTION, cross_origin_protection};
pub use export::SessionExport;
pub use fresh::{Fresh, FreshError};
pub use passive::{PASSIVE_REQUESTS, PassiveRequest, passive_requests};
pub use recent::{Recent, RecentSession};
pub use registry::SessionRegistry;
pub use required::PrincipalError;
pub use statistics::{AgeGroup, SessionCounter, SessionStatistics};
