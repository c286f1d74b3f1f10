//! What [`kit()`](crate::kit()) imports into a blueprint.

pub use crate::config::{SessionConfig, SessionPolicy};
pub use crate::errors::SessionError;
pub use crate::incoming::IncomingSession;
pub use crate::session::Session;
