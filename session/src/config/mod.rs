//! The configuration of sessions, and the [`SessionPolicy`] that it becomes at start-up.

pub(crate) mod session;

mod caching;
pub(crate) mod cookie;
mod log_in;
mod state;

mod preset;

pub(crate) mod crypto_rules;
mod describe;
mod policy;
mod rules;
mod text;
pub(crate) mod timeouts;
mod timestamp;
mod violation;

pub mod duration;

pub use caching::{CachingConfig, PageCaching, SiteData};
pub use cookie::{CookiePersistence, SameSite, SessionCookieConfig};
pub use crypto_rules::CRYPTO_RULE;
pub use log_in::{AtLimit, LogInConfig};
pub use policy::SessionPolicy;
pub use preset::Preset;
pub use session::{CrossOriginConfig, SessionConfig, SessionStoreConfig};
pub use state::{
    Activity, ClientSide, DiscardedChanges, RecordCreation, SessionStateConfig, TimeoutsConfig,
    TokenReuse,
};
pub use violation::{PolicyError, Violation};
