//! The components that [`kit()`](crate::kit()) imports into a blueprint.

pub use crate::access::PassiveRequest;
pub use crate::access::PrincipalError;
pub use crate::access::Recent;
pub use crate::access::SessionRegistry;
pub use crate::access::{Fresh, FreshError};
pub use crate::config::{SessionConfig, SessionPolicy};
pub use crate::cookie::IncomingSession;
pub use crate::errors::SessionError;
pub use crate::principal::Principal;
pub use crate::session::{CheckedSessionStore, Session};
